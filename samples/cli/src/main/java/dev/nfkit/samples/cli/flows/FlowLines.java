// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.AddressFamily;
import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.FlowTraffic;
import dev.nfkit.flows.ipfix.DataRecord;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.UnknownReason;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Lines for people, such as {@code 20:12:38.123 tcp 10.0.0.1:40000 > 192.0.2.9:443 nat 203.0.113.7:41234 >
 * 192.0.2.9:443, 4 packets 800 bytes out, 3 packets 4500 bytes back, 5.000 s, closed, curl (pid 812, uid 1000)}. The time
 * is that of its end; the numbers are those since the flow's last record.
 */
final class FlowLines implements FlowPrinter {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);
    private static final double SECOND = 1e9;

    private final ZoneId zone = ZoneId.systemDefault();

    private void time(FlowTime time, StringBuilder line) {
        TIME.formatTo(time.instant().atZone(zone), line);
    }

    @Override
    public void flow(FlowRecord flow, StringBuilder line) {
        time(flow.end(), line);
        ConntrackTuple original = flow.original();
        line.append(' ').append(original.hasProtocol() ? IpProtocol.name(original.protocol()) : "?");
        endpoints(original, false, line.append(' '));
        if (original.hasAddresses() && flow.reply().hasAddresses() && isTranslated(flow)) {
            endpoints(flow.reply(), true, line.append(" nat "));
        }
        if (original.hasIcmp()) {
            line.append(" type ").append(original.icmpType()).append(" code ").append(original.icmpCode());
        }
        if (!flow.doubts().contains(FlowDoubt.NOT_COUNTED)) {
            traffic(flow.originalTraffic(), " out", line);
            traffic(flow.replyTraffic(), " back", line);
        }
        double seconds = (flow.end().epochNanos() - flow.start().epochNanos()) / SECOND;
        line.append(String.format(Locale.ROOT, ", %.3f s, ", seconds)).append(FlowWords.end(flow.reason()));
        String state = FlowWords.state(flow);
        line.append(state.isEmpty() ? "" : ", " + state);
        line.append(flow.mark() == 0 ? "" : ", mark 0x" + Long.toHexString(flow.mark()));
        line.append(flow.zone() == 0 ? "" : ", zone " + flow.zone());
        flow.interfaceName().ifPresent(name -> PrintableText.append(line.append(", "), name));
        if (!isUnasked(flow.process())) {
            line.append(", ").append(flow.process());
        }
        for (FlowDoubt doubt : flow.doubts()) {
            line.append(", ").append(FlowWords.doubt(doubt));
        }
    }

    private static boolean isTranslated(FlowRecord flow) {
        ConntrackTuple original = flow.original();
        ConntrackTuple reply = flow.reply();
        return !original.source().equals(reply.destination())
                || !original.destination().equals(reply.source())
                || (original.hasPorts()
                        && reply.hasPorts()
                        && (original.sourcePort() != reply.destinationPort()
                                || original.destinationPort() != reply.sourcePort()));
    }

    private static boolean isUnasked(Attribution process) {
        return process instanceof Attribution.Unknown unknown && unknown.reason() == UnknownReason.NOT_ASKED;
    }

    /** The ends of a tuple in the direction of the original one. */
    private static void endpoints(ConntrackTuple tuple, boolean reply, StringBuilder line) {
        end(tuple, reply, line);
        end(tuple, !reply, line.append(" > "));
    }

    private static void end(ConntrackTuple tuple, boolean destination, StringBuilder line) {
        boolean brackets = tuple.hasPorts() && tuple.family().equals(AddressFamily.IPV6);
        line.append(brackets ? "[" : "");
        if (destination) {
            tuple.appendDestination(line);
        } else {
            tuple.appendSource(line);
        }
        line.append(brackets ? "]" : "");
        if (tuple.hasPorts()) {
            line.append(':').append(destination ? tuple.destinationPort() : tuple.sourcePort());
        }
    }

    private static void traffic(FlowTraffic traffic, String direction, StringBuilder line) {
        line.append(", ").append(traffic.deltaPackets()).append(traffic.deltaPackets() == 1 ? " packet " : " packets ");
        line.append(traffic.deltaBytes()).append(" bytes").append(direction);
    }

    @Override
    public void loss(FlowLoss loss, StringBuilder line) {
        time(loss.until(), line);
        line.append(" LOST ").append(loss.events()).append(" events (").append(FlowWords.place(loss.place()));
        line.append("): ")
                .append(loss.begun())
                .append(" beginnings, ")
                .append(loss.ended())
                .append(" ends, ");
        line.append(loss.unseen()).append(" connections unseen");
    }

    @Override
    public void record(DataRecord record, StringBuilder line) {
        TIME.formatTo(record.exported().atZone(zone), line);
        PrintableText.append(line.append(' '), record.exporter());
        line.append(record.template().isOptions() ? " options " : " ").append(record);
    }

    @Override
    public void missing(String exporter, long domain, long records, StringBuilder line) {
        line.append("LOST ").append(records).append(" records of IPFIX from ");
        PrintableText.append(line, exporter);
        line.append(", observation domain ").append(domain);
    }
}
