// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.DccpRole;
import dev.nfkit.conntrack.ProtocolInfo;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.conntrack.names.VerificationTag;
import java.util.List;
import java.util.Locale;

/**
 * Writes entries as commands that recreate them, one in each line, for {@code -R} of this program and of conntrack(8).
 * Options have the order of conntrack(8). In addition, the mark and the translated port are saved. Labels, the helper,
 * counters and adjusted sequence numbers are not saved.
 */
public final class ConntrackSave implements ConntrackPrinter {
    private static final List<ConntrackStatus> STATUS = List.of(
            ConntrackStatus.EXPECTED,
            ConntrackStatus.SEEN_REPLY,
            ConntrackStatus.ASSURED,
            ConntrackStatus.FIXED_TIMEOUT);

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        command("-A", entry, line);
    }

    @Override
    public void deleted(ConntrackEntry entry, StringBuilder line) {
        command("-D", entry, line);
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        if (event instanceof ConntrackEvent.OfConnection connection) {
            String command = event instanceof ConntrackEvent.New
                    ? "-A"
                    : event instanceof ConntrackEvent.Destroyed ? "-D" : "-U";
            command(command, connection.entry(), line);
        } else if (event instanceof ConntrackEvent.Overrun overrun) {
            line.append("# ").append(overrun.lost()).append(" events were lost");
        }
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        throw new IllegalStateException("expectations cannot be saved");
    }

    private static void command(String command, ConntrackEntry entry, StringBuilder line) {
        line.append(command);
        if (entry.has(ConntrackAttribute.TIMEOUT)) {
            line.append(" -t ").append(entry.timeout());
        }
        if (entry.has(ConntrackAttribute.STATUS)) {
            status(entry, line.append(" -u "));
        }
        if (entry.mark() != 0) {
            line.append(" -m ").append(entry.mark());
        }
        if (entry.has(ConntrackAttribute.ZONE)) {
            line.append(" -w ").append(entry.zone());
        }
        if (!entry.has(ConntrackAttribute.TUPLE_ORIG) || !entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            return;
        }
        ConntrackTuple original = entry.original();
        ConntrackTuple reply = entry.reply();
        original.zone().ifPresent(zone -> line.append(" --orig-zone ").append(zone));
        reply.zone().ifPresent(zone -> line.append(" --reply-zone ").append(zone));
        original.appendSource(line.append(" -s "));
        original.appendDestination(line.append(" -d "));
        end(entry.is(ConntrackStatus.DST_NAT) ? " -g " : " -r ", true, original, reply, line);
        end(entry.is(ConntrackStatus.SRC_NAT) ? " -n " : " -q ", false, original, reply, line);
        if (original.hasProtocol()) {
            protocol(original, reply, line);
            entry.protocolInfo().ifPresent(info -> info(original.protocol(), info, line));
        }
    }

    private static void status(ConntrackEntry entry, StringBuilder line) {
        String before = "";
        for (ConntrackStatus bit : STATUS) {
            if (entry.is(bit)) {
                line.append(before).append(bit);
                before = ",";
            }
        }
        line.append(before.isEmpty() ? "UNSET" : "");
    }

    /** Appends an end of the reply direction: its translation, with the port if that is translated too. */
    private static void end(
            String option, boolean source, ConntrackTuple original, ConntrackTuple reply, StringBuilder line) {
        line.append(option);
        boolean translated = option.equals(" -g ") || option.equals(" -n ");
        boolean port = translated
                && reply.hasPorts()
                && original.hasPorts()
                && (source
                        ? reply.sourcePort() != original.destinationPort()
                        : reply.destinationPort() != original.sourcePort());
        boolean bracketed = port && reply.family().number() == 10;
        line.append(bracketed ? "[" : "");
        if (source) {
            reply.appendSource(line);
        } else {
            reply.appendDestination(line);
        }
        line.append(bracketed ? "]" : "");
        if (port) {
            line.append(':').append(source ? reply.sourcePort() : reply.destinationPort());
        }
    }

    private static void protocol(ConntrackTuple original, ConntrackTuple reply, StringBuilder line) {
        int protocol = original.protocol();
        String name = ProtocolNames.name(protocol);
        line.append(" -p ").append(name.equals("unknown") ? Integer.toString(protocol) : name);
        if (protocol == IpProtocol.GRE && original.hasPorts() && reply.hasPorts()) {
            line.append(" --srckey ").append(original.sourcePort());
            line.append(" --dstkey ").append(original.destinationPort());
            line.append(" --reply-key-src ").append(reply.sourcePort());
            line.append(" --reply-key-dst ").append(reply.destinationPort());
        } else if (original.hasPorts() && reply.hasPorts()) {
            line.append(" --sport ").append(original.sourcePort());
            line.append(" --dport ").append(original.destinationPort());
            line.append(" --reply-port-src ").append(reply.sourcePort());
            line.append(" --reply-port-dst ").append(reply.destinationPort());
        } else if (original.hasIcmp()) {
            String prefix = protocol == IpProtocol.ICMPV6 ? " --icmpv6-" : " --icmp-";
            line.append(prefix).append("type ").append(original.icmpType());
            line.append(prefix).append("code ").append(original.icmpCode());
            line.append(prefix).append("id ").append(original.icmpId());
        }
    }

    private static void info(int protocol, ProtocolInfo info, StringBuilder line) {
        if (info.state() >= 0) {
            line.append(" --state ").append(ProtocolNames.state(protocol, info.state()));
        }
        if (info instanceof ProtocolInfo.Sctp sctp && sctp.vtagOriginal() >= 0 && sctp.vtagReply() >= 0) {
            line.append(" --orig-vtag ").append(VerificationTag.swapped(sctp.vtagOriginal()));
            line.append(" --reply-vtag ").append(VerificationTag.swapped(sctp.vtagReply()));
        } else if (info instanceof ProtocolInfo.Dccp dccp && dccp.role() >= 0) {
            DccpRole role = DccpRole.of(dccp.role()).orElse(DccpRole.CLIENT);
            line.append(" --role ").append(role.name().toLowerCase(Locale.ROOT));
        }
    }
}
