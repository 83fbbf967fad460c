// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.output.ProcessOutput;
import org.jspecify.annotations.Nullable;

/**
 * Writes connections, expectations and events as lines, exactly as conntrack(8) prints them: {@code tcp 6 431999
 * ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=443 src=10.0.0.2 dst=10.0.0.1 sport=443 dport=40000 [ASSURED]
 * mark=0 use=1}. Attributes that the kernel did not send are omitted.
 */
public final class ConntrackLines implements ConntrackPrinter {
    private static final long SEEN_REPLY = ConntrackStatus.SEEN_REPLY.bit();
    private static final long ASSURED = ConntrackStatus.ASSURED.bit();
    private static final long OFFLOAD = ConntrackStatus.OFFLOAD.bit();
    private static final long HW_OFFLOAD = ConntrackStatus.HW_OFFLOAD.bit();

    private final ConntrackColumns columns;
    private final ConntrackClock clock;
    private final EntryTimes times = new EntryTimes();
    private final @Nullable EventOrigin origin;
    private final ProcessResolver processes;

    /**
     * Creates a printer.
     *
     * @param columns the optional columns
     * @param clock the format of the time before a line
     */
    public ConntrackLines(ConntrackColumns columns, ConntrackClock clock) {
        this(columns, clock, null);
    }

    /**
     * Creates a printer of events as they happen.
     *
     * @param columns the optional columns
     * @param clock the format of the time before a line
     * @param origin finds the process that caused an event, or null to omit it
     */
    public ConntrackLines(ConntrackColumns columns, ConntrackClock clock, @Nullable EventOrigin origin) {
        this(columns, clock, origin, ProcessResolver.none());
    }

    /**
     * Creates a printer of events as they happen, or of entries, with the processes of connections.
     *
     * @param columns the optional columns
     * @param clock the format of the time before a line
     * @param origin finds the process that caused an event, or null to omit it
     * @param processes finds the process of a connection, if the columns have it
     */
    public ConntrackLines(
            ConntrackColumns columns, ConntrackClock clock, @Nullable EventOrigin origin, ProcessResolver processes) {
        this.columns = columns;
        this.clock = clock;
        this.origin = origin;
        this.processes = processes;
    }

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        time(nanos, line);
        entry(entry, line, nanos);
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        time(nanos, line);
        ExpectationLine.append(expectation, line);
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        time(nanos, line);
        line.append(mark(event));
        if (event instanceof ConntrackEvent.OfConnection connection) {
            entry(connection.entry(), line, nanos);
            if (origin != null) {
                origin.append(event, line);
            }
        } else if (event instanceof ConntrackEvent.OfExpectation expected) {
            ExpectationLine.append(expected.expectation(), line);
        } else if (event instanceof ConntrackEvent.Overrun overrun) {
            if (overrun.lost() == 0) {
                line.append("an unknown number of events was lost");
            } else {
                line.append(overrun.lost()).append(overrun.lost() == 1 ? " event was lost" : " events were lost");
            }
        }
    }

    private static String mark(ConntrackEvent event) {
        if (event instanceof ConntrackEvent.New || event instanceof ConntrackEvent.ExpectationNew) {
            return "    [NEW] ";
        } else if (event instanceof ConntrackEvent.Updated || event instanceof ConntrackEvent.ExpectationUpdated) {
            return " [UPDATE] ";
        }
        return event instanceof ConntrackEvent.Overrun ? "[OVERRUN] " : "[DESTROY] ";
    }

    private void time(long nanos, StringBuilder line) {
        if (nanos != NO_TIME) {
            clock.append(nanos, line);
        }
    }

    /**
     * Appends a connection without a time before it.
     *
     * @param entry the connection
     * @param line the line to append to
     * @param nanos the time at which its duration ends, or {@link #NO_TIME} for the present
     */
    public void entry(ConntrackEntry entry, StringBuilder line, long nanos) {
        boolean known = entry.has(ConntrackAttribute.TUPLE_ORIG);
        ConntrackTuple original = known ? entry.original() : null;
        int protocol = original != null && original.hasProtocol() ? original.protocol() : 0;
        if (columns.layer3()) {
            layer3(entry.family().number(), line);
        }
        line.append(ProtocolNames.column(protocol));
        if (entry.has(ConntrackAttribute.TIMEOUT)) {
            line.append(entry.timeout()).append(' ');
        }
        int state = entry.protocolState();
        if (state >= 0) {
            line.append(ProtocolNames.state(protocol, state)).append(' ');
        }
        if (original != null) {
            TupleText.append(original, "", line);
            zone(original, "zone-orig=", line);
        }
        counters(entry, Direction.ORIGINAL, line);
        boolean hasStatus = entry.has(ConntrackAttribute.STATUS);
        long status = hasStatus ? entry.status() : 0;
        if (hasStatus && (status & SEEN_REPLY) == 0) {
            line.append("[UNREPLIED] ");
        }
        if (entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            TupleText.append(entry.reply(), "", line);
            zone(entry.reply(), "zone-reply=", line);
        }
        counters(entry, Direction.REPLY, line);
        assured(status, line);
        rest(entry, line, nanos);
        line.setLength(line.length() - 1);
    }

    private static void layer3(int family, StringBuilder line) {
        line.append(family == 2 ? "ipv4     " : family == 10 ? "ipv6     " : "unknown  ")
                .append(family)
                .append(' ');
    }

    private static void zone(ConntrackTuple tuple, String name, StringBuilder line) {
        if (tuple.zone().isPresent()) {
            line.append(name).append(tuple.zone().getAsInt()).append(' ');
        }
    }

    private static void counters(ConntrackEntry entry, Direction direction, StringBuilder line) {
        if (entry.hasCounters(direction)) {
            line.append("packets=").append(Long.toUnsignedString(entry.packets(direction)));
            line.append(" bytes=")
                    .append(Long.toUnsignedString(entry.bytes(direction)))
                    .append(' ');
        }
    }

    private static void assured(long status, StringBuilder line) {
        if ((status & HW_OFFLOAD) != 0) {
            line.append("[HW_OFFLOAD] ");
        } else if ((status & OFFLOAD) != 0) {
            line.append("[OFFLOAD] ");
        } else if ((status & ASSURED) != 0) {
            line.append("[ASSURED] ");
        }
    }

    private void rest(ConntrackEntry entry, StringBuilder line, long nanos) {
        if (entry.has(ConntrackAttribute.MARK)) {
            line.append("mark=").append(entry.mark()).append(' ');
        }
        if (entry.hasSecurityContext()) {
            PrintableText.append(line.append("secctx="), entry.securityContext());
            line.append(' ');
        }
        if (entry.has(ConntrackAttribute.ZONE)) {
            line.append("zone=").append(entry.zone()).append(' ');
        }
        times.append(entry, columns.timestamps(), nanos, line);
        if (entry.hasHelper()) {
            PrintableText.append(line.append("helper="), entry.helper());
            line.append(' ');
        }
        if (entry.has(ConntrackAttribute.USE)) {
            line.append("use=").append(entry.use()).append(' ');
        }
        if (columns.id() && entry.has(ConntrackAttribute.ID)) {
            line.append("id=").append(entry.id()).append(' ');
        }
        LabelNames labels = columns.labels();
        if (labels != null && entry.has(ConntrackAttribute.LABELS)) {
            labels.append(entry.labels(), line);
        }
        if (columns.process()) {
            ProcessOutput.append(EntryProcess.of(entry, processes), line);
        }
    }
}
