// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import java.net.InetAddress;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What one host saw of a connection.
 *
 * @param host the host
 * @param flow the id of the connection there
 * @param before addresses and ports as they arrived or were sent
 * @param after the same after translation; equal if there is none
 * @param zone the zone
 * @param start the beginning
 * @param end the end, or the end of the last record if it is open
 * @param open whether there was no last record yet
 * @param bytes of both directions
 * @param packets of both directions
 * @param reason why the last record was made
 * @param process the name of the process; absent if unknown
 * @param pid its id; 0 if unknown
 * @param unit its systemd unit or cgroup; absent if unknown
 * @param unknownProcess why the process is unknown; absent if known
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Sighting(
        @JsonProperty("host") String host,
        @JsonProperty("flow") String flow,
        @JsonProperty("before") Ends before,
        @JsonProperty("after") Ends after,
        @JsonProperty("zone") int zone,
        @JsonProperty("start") String start,
        @JsonProperty("end") String end,
        @JsonProperty("open") boolean open,
        @JsonProperty("bytes") long bytes,
        @JsonProperty("packets") long packets,
        @JsonProperty("reason") String reason,
        @JsonProperty("process") @Nullable String process,
        @JsonProperty("pid") long pid,
        @JsonProperty("cgroup") @Nullable String unit,
        @JsonProperty("unknownProcess") @Nullable String unknownProcess) {

    /**
     * Two ends.
     *
     * @param protocol the protocol above IP
     * @param source an address
     * @param sourcePort its port; 0 if there is none
     * @param destination an address
     * @param destinationPort its port; 0 if there is none
     */
    public record Ends(
            @JsonProperty("protocol") int protocol,
            @JsonProperty("source") String source,
            @JsonProperty("sourcePort") int sourcePort,
            @JsonProperty("destination") String destination,
            @JsonProperty("destinationPort") int destinationPort) {

        static Ends of(ConntrackTuple tuple) {
            boolean ports = tuple.hasPorts();
            return new Ends(
                    tuple.hasProtocol() ? tuple.protocol() : 0,
                    tuple.source().getHostAddress(),
                    ports ? tuple.sourcePort() : tuple.hasIcmp() ? tuple.icmpId() : 0,
                    tuple.destination().getHostAddress(),
                    ports ? tuple.destinationPort() : 0);
        }

        boolean has(String address, int port) {
            return (source.equals(address) && (port < 0 || sourcePort == port))
                    || (destination.equals(address) && (port < 0 || destinationPort == port));
        }
    }

    static Sighting of(FlowRecord record) {
        ConntrackTuple after = record.translated() ? record.reply().inverted() : record.original();
        ProcessInfo process = record.process().known().orElse(null);
        return new Sighting(
                record.host(),
                HexFormat.of().toHexDigits(record.flow().getMostSignificantBits())
                        + HexFormat.of().toHexDigits(record.flow().getLeastSignificantBits()),
                Ends.of(record.original()),
                Ends.of(after),
                record.zone(),
                record.start().instant().toString(),
                record.end().instant().toString(),
                record.isOpen(),
                record.originalTraffic().bytes() + record.replyTraffic().bytes(),
                record.originalTraffic().packets() + record.replyTraffic().packets(),
                record.reason().name(),
                process == null ? null : process.name(),
                process == null ? 0 : process.pid(),
                process == null ? null : process.cgroup().orElse(null),
                record.process() instanceof Attribution.Unknown unknown
                        ? unknown.reason().code()
                        : null);
    }

    /** Whether it may be the same connection as what another host saw: one forwards what the other sent. */
    boolean joins(Sighting other) {
        return !host.equals(other.host)
                && (after.equals(other.before)
                        || before.equals(other.after)
                        || before.equals(other.before)
                        || after.equals(other.after))
                && overlaps(other);
    }

    private boolean overlaps(Sighting other) {
        return !begun().minus(Store.CLOCKS).isAfter(other.lastMoment())
                && !other.begun().minus(Store.CLOCKS).isAfter(lastMoment());
    }

    private Instant begun() {
        return Instant.parse(start);
    }

    private Instant lastMoment() {
        return open ? Instant.MAX.minus(Store.CLOCKS) : Instant.parse(end).plus(Store.CLOCKS);
    }

    boolean livesAt(Instant time) {
        return !begun().isAfter(time) && !lastMoment().isBefore(time);
    }

    boolean uses(InetAddress address, int port) {
        String text = address.getHostAddress();
        return before.has(text, port) || after.has(text, port);
    }
}
