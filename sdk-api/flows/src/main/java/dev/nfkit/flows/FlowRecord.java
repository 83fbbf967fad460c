// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.Attribution;
import java.math.BigInteger;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What a connection carried, both directions in one record (RFC 5103). Immutable.
 *
 * <p>A connection has one record when it ends, and one for each interval in which it carried something while it was
 * open. {@code flow} is the same in all records of a connection. Together with {@code meterStart} and {@code sequence} it
 * identifies a record, so that a repeated one can be removed.
 *
 * @param host the host whose connection table it is from
 * @param flow identifies the connection: the same for its records, and after a restart of the meter too if the kernel
 *     keeps timestamps
 * @param meterStart when the meter was opened, in nanoseconds since 1970; from 0
 * @param sequence the number of this record among those of the flow and this meter, from 0
 * @param original the tuple of the original direction, before translation
 * @param reply the tuple of the reply direction, which shows a translation: source and destination are those of {@code
 *     original}, exchanged, if there is none
 * @param zone the zone of connection tracking, 0 to 65535
 * @param mark the connection's mark, 0 to 2³²−1
 * @param labels the connection's labels: bit n is label n, 0 to 127
 * @param state the state of TCP, SCTP or DCCP as the kernel numbers it, 0 to 255; −1 if it was not sent
 * @param originalTraffic what the original direction carried
 * @param replyTraffic what the reply direction carried
 * @param start when the connection began
 * @param since when the interval of the deltas began: at the end of the flow's previous record, or when the meter first
 *     saw the connection
 * @param end when the connection ended, or the interval. The kernel removes a closed connection of TCP up to two
 *     minutes after its last packet, and its translation lives as long
 * @param reason why the record was made
 * @param doubts what is not certain
 * @param interfaceName the interface, if the application provides one ({@link FlowMeterOptions.Builder#interfaceOf})
 * @param process the process that began or serves the connection, if the application asks for it ({@link
 *     FlowMeterOptions.Builder#processes})
 */
public record FlowRecord(
        String host,
        UUID flow,
        long meterStart,
        long sequence,
        ConntrackTuple original,
        ConntrackTuple reply,
        int zone,
        long mark,
        BigInteger labels,
        int state,
        FlowTraffic originalTraffic,
        FlowTraffic replyTraffic,
        FlowTime start,
        FlowTime since,
        FlowTime end,
        FlowEnd reason,
        Set<FlowDoubt> doubts,
        Optional<String> interfaceName,
        Attribution process)
        implements FlowReport {
    private static final int LABELS = 128;

    /**
     * Verifies the ranges.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public FlowRecord {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(flow, "flow");
        Objects.requireNonNull(original, "original");
        Objects.requireNonNull(reply, "reply");
        Objects.requireNonNull(originalTraffic, "originalTraffic");
        Objects.requireNonNull(replyTraffic, "replyTraffic");
        Objects.requireNonNull(start, "start");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(end, "end");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(interfaceName, "interfaceName");
        Objects.requireNonNull(process, "process");
        require("meterStart", meterStart, 0, Long.MAX_VALUE);
        require("sequence", sequence, 0, Long.MAX_VALUE);
        require("zone", zone, 0, 0xffff);
        require("mark", mark, 0, 0xffff_ffffL);
        require("state", state, -1, 0xff);
        if (labels.signum() < 0 || labels.bitLength() > LABELS) {
            throw new IllegalArgumentException("labels has the bits 0 to 127, not 0x" + labels.toString(16));
        }
        doubts = doubts.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(doubts));
    }

    private static void require(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is from " + least + " to " + most + ", not " + value);
        }
    }

    /**
     * What one direction carried.
     *
     * @param direction the direction
     * @return its totals and deltas
     */
    public FlowTraffic traffic(Direction direction) {
        return direction == Direction.ORIGINAL ? originalTraffic : replyTraffic;
    }

    /**
     * The last state of a TCP connection.
     *
     * @return the state; empty if the protocol is another or the kernel did not send it
     */
    public Optional<TcpState> tcpState() {
        return original.hasProtocol() && original.protocol() == IpProtocol.TCP ? TcpState.of(state) : Optional.empty();
    }

    /**
     * Whether an address or port is translated (NAT).
     *
     * @return whether the reply goes from or to other endpoints than the original direction
     */
    public boolean translated() {
        return !original.hasPorts()
                ? !(reply.source().equals(original.destination())
                        && reply.destination().equals(original.source()))
                : !reply.equals(original.inverted());
    }

    /**
     * Whether the connection goes on after this record.
     *
     * @return whether the reason is {@link FlowEnd#ACTIVE}
     */
    public boolean isOpen() {
        return reason == FlowEnd.ACTIVE;
    }
}
