// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The counters of an event session, and the place of an overrun in its stream.
 *
 * <p>The kernel reports an overrun before the events that it had already queued. From then on it drops everything until
 * the socket is empty ({@code NETLINK_S_CONGESTED} in {@code af_netlink.c}). Therefore the loss is placed where the
 * socket is found empty: after a dump at that place, no event follows that is older than the loss.
 */
final class EventLife implements Life {
    private static final int EMPTY = 2;

    private final NetlinkSocket socket;
    private final List<Integer> groups;
    private final int receiveBuffer;
    private final Class<?> owner;
    private final SessionJournal journal;
    private final RepeatedWarning unreadable = new RepeatedWarning();
    private @Nullable Inbound inbound;

    private boolean overrun;
    private boolean emptied;
    /**
     * The bytes received since the overrun's report: once they exceed the buffer, further events are later than the
     * loss.
     */
    private long bytesSince;

    private int empty;
    /** The number of foreign datagrams, which took slots, too. */
    private long foreignSeen;

    private long reportedDrops;
    /** Events that could not be read and are not reported yet. */
    private long unread;
    /** The number of lost events in an overrun at which the sink threw. Negative if there is none. */
    private long owed = -1;

    private volatile long events;
    private volatile long overruns;
    private volatile long filtered;
    private volatile long malformed;
    private volatile long discarded;

    EventLife(NetlinkSocket socket, List<Integer> groups, int receiveBuffer, Class<?> owner) {
        this.socket = socket;
        this.groups = groups;
        this.receiveBuffer = receiveBuffer;
        this.owner = owner;
        journal = new SessionJournal(owner, "multicast groups", Runnable::run);
    }

    void attach(Inbound received) {
        inbound = received;
    }

    void subscribe() throws NetlinkException {
        for (int group : groups) {
            socket.set(SocketOption.ADD_MEMBERSHIP, group);
        }
    }

    /** The session is open. */
    void opened() {
        journal.opened(socket, groups.toString(), receiveBuffer);
    }

    @Override
    public void requestRest() throws NetlinkException {
        for (int group : groups) {
            socket.set(SocketOption.DROP_MEMBERSHIP, group);
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the polling thread counts
    public void received(DatagramBatch batch) {
        if (batch.overrun()) {
            overruns++;
            overrun = true;
            emptied = false;
            bytesSince = 0;
        }
        if (!overrun) {
            return;
        }
        for (int i = 0; i < batch.count(); i++) {
            bytesSince += batch.length(i);
        }
        // A receive of nothing may be a wakeup; two in a row mean that the socket is empty.
        empty = batch.count() == 0 && !batch.overrun() ? empty + 1 : 0;
        long foreign = socket.foreign();
        boolean took = batch.count() > 0 && batch.count() + (foreign - foreignSeen) < batch.slots();
        foreignSeen = foreign;
        emptied = emptied || took || empty >= EMPTY || bytesSince > receiveBuffer;
    }

    /** Whether an overrun was reported and its place is not reached yet. */
    boolean overrunAhead() {
        return overrun && !emptied;
    }

    /** The number of events that were lost at the current place, or could not be read; negative if there are none. */
    long takeLost(boolean ended) {
        boolean reached = overrun && (emptied || ended);
        if (!reached && unread == 0 && owed < 0) {
            return -1;
        }
        long lost = unread + Math.max(owed, 0);
        unread = 0;
        owed = -1;
        if (reached) {
            overrun = false;
            emptied = false;
            long drops = socket.drops();
            long dropped = drops - reportedDrops;
            reportedDrops = drops;
            lost += dropped;
            journal.lost(-1, "events were lost at the socket", dropped);
        }
        return lost;
    }

    /** Stores an overrun that was not handled, for the next poll. */
    void owe(long lost) {
        owed = lost;
    }

    /** Whether an overrun was delivered and not handled. */
    boolean owed() {
        return owed >= 0;
    }

    @Override
    public boolean hasReport() {
        return unread > 0;
    }

    @Override
    public void truncated(ByteBuffer buffer, int offset, int length) {
        unread++; // the base class counts all of them
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the polling thread counts
    void delivered() {
        events++;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the polling thread counts
    void filtered() {
        filtered++;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the thread that polls or closes counts
    public void malformed(MalformedMessageException problem) {
        malformed++;
        unread++;
        long total = unreadable.count(1);
        if (total > 0) {
            SessionLog.warn(owner, "an event could not be read (" + total + " so far)", problem);
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the thread that closes counts
    public void discarded(MessageCursor message) {
        discarded++;
    }

    @Override
    public Class<?> session() {
        return owner;
    }

    @Override
    public void ended() {
        journal.closed(() -> new SessionJournal.Totals(events, socket.drops(), discarded, counts()));
    }

    Counts<EventCounter> counts() {
        Inbound received = inbound;
        return Counts.zero(EventCounter.class)
                .with(EventCounter.DELIVERED, events)
                .with(EventCounter.SOCKET_DROPS, socket.drops())
                .with(EventCounter.OVERRUNS, overruns)
                .with(EventCounter.FILTERED, filtered)
                .with(EventCounter.MALFORMED, malformed)
                .with(EventCounter.TRUNCATED_DATAGRAMS, received == null ? 0 : received.truncated())
                .with(EventCounter.FOREIGN, socket.foreign())
                .with(EventCounter.DISCARDED, discarded);
    }
}
