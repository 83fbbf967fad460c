// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.EntrySink;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Samples the table, and computes what its connections did between two samples. Connections are identified by their
 * ids.
 */
final class TopTable {
    private static final double SECOND = 1e9;

    private final EntrySelection selection;
    private final LongSupplier clock;
    private final ProcessResolver processes;
    private final Map<Long, TopConnection> connections = new HashMap<>();
    private long look;
    private long now;
    private long lookedAt;
    private long lookedAtEpoch;
    private boolean wholeBefore;
    private long between;
    private int created;
    private int ended;
    private int uncounted;

    /** The orders of connections. */
    enum Order {
        /** By bytes per second. */
        BYTES,
        /** By packets per second. */
        PACKETS;

        private Comparator<TopConnection> comparator() {
            Comparator<TopConnection> bytes = Comparator.comparingLong(TopConnection::newBytes);
            Comparator<TopConnection> packets = Comparator.comparingLong(TopConnection::newPackets);
            Comparator<TopConnection> first =
                    this == BYTES ? bytes.thenComparing(packets) : packets.thenComparing(bytes);
            return first.reversed()
                    .thenComparing(
                            Comparator.comparingLong(TopConnection::bytes).reversed());
        }
    }

    /**
     * A sample: what happened since the sample before.
     *
     * @param seconds the time between the samples
     * @param connections the number of connections
     * @param created the number of new ones
     * @param ended the number of connections that have ended
     * @param uncounted the number of connections that the kernel does not count
     * @param bytesPerSecond the total rate
     * @param packetsPerSecond the total rate
     * @param busiest the first connections, in order
     */
    record Sample(
            double seconds,
            int connections,
            int created,
            int ended,
            int uncounted,
            long bytesPerSecond,
            long packetsPerSecond,
            List<TopConnection> busiest) {}

    /**
     * Creates an instance without a sample.
     *
     * @param selection the connections to sample
     * @param clock the time, as System.nanoTime returns it
     */
    TopTable(EntrySelection selection, LongSupplier clock) {
        this(selection, clock, ProcessResolver.none());
    }

    /**
     * Creates an instance without a sample, which shows processes.
     *
     * @param selection the connections to sample
     * @param clock the time, as System.nanoTime returns it
     * @param processes finds the processes of the busiest connections
     */
    TopTable(EntrySelection selection, LongSupplier clock, ProcessResolver processes) {
        this.selection = selection;
        this.clock = clock;
        this.processes = processes;
    }

    /**
     * Takes a sample. The first one has nothing to compare with: all its rates are 0.
     *
     * @param table the table
     * @param order the order of connections
     * @param rows the number of connections to return
     */
    Sample look(Conntrack table, Order order, int rows) throws NetlinkException {
        now = clock.getAsLong();
        long epoch = System.currentTimeMillis() * 1_000_000;
        between = look == 0 ? 0 : now - lookedAt;
        look++;
        created = 0;
        uncounted = 0;
        EntrySink<RuntimeException> sink = this::take;
        boolean whole = !table.dump(selection.filter(), sink).interrupted();
        ended = 0;
        if (whole) {
            connections.values().removeIf(this::isGone);
        }
        wholeBefore = whole;
        lookedAt = now;
        lookedAtEpoch = epoch;
        return sample(order, rows);
    }

    /**
     * Whether a connection can be forgotten. A dump may miss connections while the table changes, and the next dump
     * contains them again. They are kept for one more sample, so that they are not mistaken for new connections with
     * much traffic.
     */
    private boolean isGone(TopConnection connection) {
        if (connection.seen(look)) {
            return false;
        }
        if (connection.miss()) {
            return true;
        }
        ended++;
        return false;
    }

    private void take(ConntrackEntry entry) {
        if (!entry.has(ConntrackAttribute.ID) || !entry.has(ConntrackAttribute.TUPLE_ORIG)) {
            return;
        }
        if (!selection.matches(entry)) {
            return;
        }
        TopConnection connection = connections.get(entry.id());
        boolean known = connection != null;
        if (connection == null) {
            connection = new TopConnection(entry.id(), entry.original(), reply(entry), lookedAt);
            connections.put(entry.id(), connection);
            created += look > 1 ? 1 : 0;
            known = look > 1 && beganSince(entry);
        }
        connection.look(entry, look, now, known);
        if (!entry.hasCounters(Direction.ORIGINAL)) {
            uncounted++;
        }
    }

    private static ConntrackTuple reply(ConntrackEntry entry) {
        return entry.has(ConntrackAttribute.TUPLE_REPLY) ? entry.reply() : entry.original();
    }

    /** Whether everything that an entry has counted was counted since the last sample. */
    private boolean beganSince(ConntrackEntry entry) {
        return entry.hasStart() ? entry.startNanos() >= lookedAtEpoch : wholeBefore;
    }

    private Sample sample(Order order, int rows) {
        long bytes = 0;
        long packets = 0;
        List<TopConnection> all = new ArrayList<>(connections.size());
        for (TopConnection connection : connections.values()) {
            if (connection.seen(look)) {
                bytes += connection.newBytes();
                packets += connection.newPackets();
                all.add(connection);
            }
        }
        all.sort(order.comparator());
        List<TopConnection> busiest = List.copyOf(all.subList(0, Math.min(rows, all.size())));
        busiest.forEach(connection -> connection.ask(processes));
        double seconds = between / SECOND;
        return new Sample(
                seconds,
                all.size(),
                created,
                ended,
                uncounted,
                seconds == 0 ? 0 : Math.round(bytes / seconds),
                seconds == 0 ? 0 : Math.round(packets / seconds),
                busiest);
    }
}
