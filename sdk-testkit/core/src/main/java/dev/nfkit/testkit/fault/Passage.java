package dev.nfkit.testkit.fault;

import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was taken from a socket and is still to be received, in its order. One thread at a time. */
final class Passage {
    /** A datagram. */
    static final class Arrival {
        final byte[] bytes;
        final boolean cut;
        final long receivedAt;

        Arrival(byte[] bytes, boolean cut, long receivedAt) {
            this.bytes = bytes;
            this.cut = cut;
            this.receivedAt = receivedAt;
        }
    }

    /** One place of the way: a datagram, or else a failure, or else the mark of an overrun. */
    private record Place(
            @Nullable Arrival arrival, @Nullable Fault failure) {}

    /** A datagram that waits for a moment. */
    private record Delayed(Arrival arrival, long due) {}

    /** A datagram that waits until others have overtaken it. */
    private static final class Overtaken {
        final Arrival arrival;
        int behind;

        Overtaken(Arrival arrival, int behind) {
            this.arrival = arrival;
            this.behind = behind;
        }
    }

    private final ArrayDeque<Place> ready = new ArrayDeque<>();
    private final List<Delayed> delayed = new ArrayList<>();
    private final List<Overtaken> overtaken = new ArrayList<>();

    void add(Arrival arrival) {
        ready.add(new Place(arrival, null));
        for (Iterator<Overtaken> others = overtaken.iterator(); others.hasNext(); ) {
            Overtaken next = others.next();
            if (--next.behind == 0) {
                others.remove();
                ready.add(new Place(next.arrival, null));
            }
        }
    }

    void markOverrun() {
        ready.add(new Place(null, null));
    }

    /** The receive at this place fails: by a {@link Fault.FailedReceive} or a {@link Fault.ThrowingReceive}. */
    void fail(Fault failure) {
        ready.add(new Place(null, failure));
    }

    void delay(Arrival arrival, long due) {
        delayed.add(new Delayed(arrival, due));
    }

    void overtake(Arrival arrival, int behind) {
        overtaken.add(new Overtaken(arrival, behind));
    }

    /** Whether nothing is on its way. */
    boolean idle() {
        return ready.isEmpty() && delayed.isEmpty() && overtaken.isEmpty();
    }

    /** Whether something can be received now. */
    boolean any() {
        return !ready.isEmpty();
    }

    /** How long a receive may wait for more, of what it was asked to; negative for without bound. */
    long wait(long asked, long now) {
        if (!ready.isEmpty() || !overtaken.isEmpty()) {
            return 0;
        }
        long wait = asked;
        for (Delayed next : delayed) {
            long left = Math.max(0, next.due - now);
            wait = wait < 0 ? left : Math.min(wait, left);
        }
        return wait;
    }

    /** What was delayed until now can be received. */
    void releaseDue(long now) {
        for (Iterator<Delayed> others = delayed.iterator(); others.hasNext(); ) {
            Delayed next = others.next();
            if (next.due - now <= 0) {
                others.remove();
                add(next.arrival);
            }
        }
    }

    /** Nothing is there that could still overtake. */
    void releaseOvertaken() {
        overtaken.forEach(next -> ready.add(new Place(next.arrival, null)));
        overtaken.clear();
    }

    /** The other end is gone, and with it time: what is left comes now. */
    void releaseAll() {
        delayed.forEach(next -> ready.add(new Place(next.arrival, null)));
        delayed.clear();
        releaseOvertaken();
    }

    void clear() {
        ready.clear();
        delayed.clear();
        overtaken.clear();
    }

    /** Fills a batch up to a place that can only begin one; how many datagrams it holds. */
    int fill(DatagramBatch batch) throws NetlinkException {
        batch.clear();
        while (batch.count() < batch.slots()) {
            Place place = ready.peek();
            if (place == null) {
                break;
            }
            Arrival arrival = place.arrival();
            if (arrival == null && (batch.count() > 0 || (place.failure() != null && batch.overrun()))) {
                break;
            }
            ready.poll();
            if (place.failure() instanceof Fault.FailedReceive failed) {
                throw new SystemCallException("recvmmsg", failed.errno(), null);
            } else if (place.failure() instanceof Fault.ThrowingReceive throwing) {
                throw Throwing.undeclared(throwing.failure().get());
            } else if (arrival == null) {
                batch.markOverrun();
            } else {
                put(batch, arrival);
            }
        }
        return batch.count();
    }

    private static void put(DatagramBatch batch, Arrival arrival) {
        int slot = batch.count();
        int kept = Math.min(arrival.bytes.length, batch.slotSize());
        ByteBuffer target = batch.buffer().duplicate();
        target.position(batch.slotOffset(slot));
        target.put(arrival.bytes, 0, kept);
        batch.add(slot, arrival.bytes.length, arrival.cut);
        batch.receivedAt(arrival.receivedAt);
        batch.lastReceivedAt(arrival.receivedAt);
    }
}
