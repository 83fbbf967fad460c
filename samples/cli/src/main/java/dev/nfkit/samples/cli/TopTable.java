package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.Conntrack;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.EntrySink;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Looks at the table again and again, and tells what its connections did between two looks. They are known again by
 * their ids.
 */
final class TopTable {
    private static final double SECOND = 1e9;

    private final EntrySelection selection;
    private final LongSupplier clock;
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

    /** What connections are sorted by. */
    enum Order {
        /** Bytes a second. */
        BYTES,
        /** Packets a second. */
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
     * What happened between two looks.
     *
     * @param seconds how long that was
     * @param connections how many there are now
     * @param created how many of them are new
     * @param ended how many are no more
     * @param uncounted how many the kernel does not count
     * @param bytesPerSecond of all
     * @param packetsPerSecond of all
     * @param busiest the first, in their order
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
     * A table yet to be looked at.
     *
     * @param selection which of its connections
     * @param clock the time, as System.nanoTime
     */
    TopTable(EntrySelection selection, LongSupplier clock) {
        this.selection = selection;
        this.clock = clock;
    }

    /**
     * Looks at the table. The first look has nothing to compare with: what it tells of is all at rest.
     *
     * @param table the table
     * @param order what the busiest are
     * @param rows how many of them
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
     * Whether a connection can be forgotten. A dump may miss some while the table changes, which the next one then has:
     * they are remembered for one look more, so as not to be taken for new ones of much traffic.
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
            connection = new TopConnection(entry.id(), entry.original(), lookedAt);
            connections.put(entry.id(), connection);
            created += look > 1 ? 1 : 0;
            known = look > 1 && beganSince(entry);
        }
        connection.look(entry, look, now, known);
        if (!entry.hasCounters(Direction.ORIGINAL)) {
            uncounted++;
        }
    }

    /** Whether all that an entry has counted is of the time since the last look. */
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
        double seconds = between / SECOND;
        return new Sample(
                seconds,
                all.size(),
                created,
                ended,
                uncounted,
                seconds == 0 ? 0 : Math.round(bytes / seconds),
                seconds == 0 ? 0 : Math.round(packets / seconds),
                List.copyOf(all.subList(0, Math.min(rows, all.size()))));
    }
}
