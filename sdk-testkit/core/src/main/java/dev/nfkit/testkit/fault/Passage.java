// SPDX-License-Identifier: Apache-2.0
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

/** The datagrams that were taken from a socket and are still to be received, in order. One thread at a time. */
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

    /** One position: a datagram, or a failure, or the mark of an overrun. */
    private record Place(
            @Nullable Arrival arrival, @Nullable Fault failure) {}

    /** A datagram that is delayed until a time. */
    private record Delayed(Arrival arrival, long due) {}

    /** A datagram that waits until others have overtaken it. */
    private static final class Overtaken {
        final Arrival arrival;
        int remaining;

        Overtaken(Arrival arrival, int remaining) {
            this.arrival = arrival;
            this.remaining = remaining;
        }
    }

    private final ArrayDeque<Place> ready = new ArrayDeque<>();
    private final List<Delayed> delayed = new ArrayList<>();
    private final List<Overtaken> overtaken = new ArrayList<>();

    void add(Arrival arrival) {
        ready.add(new Place(arrival, null));
        for (Iterator<Overtaken> others = overtaken.iterator(); others.hasNext(); ) {
            Overtaken next = others.next();
            if (--next.remaining == 0) {
                others.remove();
                ready.add(new Place(next.arrival, null));
            }
        }
    }

    void markOverrun() {
        ready.add(new Place(null, null));
    }

    /** Makes the receive at this position fail: by a {@link Fault.FailedReceive} or a {@link Fault.ThrowingReceive}. */
    void fail(Fault failure) {
        ready.add(new Place(null, failure));
    }

    void delay(Arrival arrival, long due) {
        delayed.add(new Delayed(arrival, due));
    }

    void overtake(Arrival arrival, int remaining) {
        overtaken.add(new Overtaken(arrival, remaining));
    }

    /** Whether nothing is in transit. */
    boolean idle() {
        return ready.isEmpty() && delayed.isEmpty() && overtaken.isEmpty();
    }

    /** Whether something can be received now. */
    boolean any() {
        return !ready.isEmpty();
    }

    /** How long a receive may wait for more, of its timeout; negative for no limit. */
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

    /** Makes datagrams whose delay has passed available. */
    void releaseDue(long now) {
        for (Iterator<Delayed> others = delayed.iterator(); others.hasNext(); ) {
            Delayed next = others.next();
            if (next.due - now <= 0) {
                others.remove();
                add(next.arrival);
            }
        }
    }

    /** No more datagrams can overtake: makes the overtaken ones available. */
    void releaseOvertaken() {
        overtaken.forEach(next -> ready.add(new Place(next.arrival, null)));
        overtaken.clear();
    }

    /** The underlying socket is gone, and with it time: makes all remaining datagrams available. */
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

    /** Fills a batch up to a position that must begin a batch. Returns the number of its datagrams. */
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
