// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The received and undecided packets, in the order of their receipt, and the application's progress, so that the
 * watchdog can decide packets that wait for a slow decider. Only used if there is a deadline. Guarded by the session's
 * lock.
 */
final class Received {
    private static final byte WAITING = 0;
    private static final byte DECIDING = 1;
    private static final byte DECIDED = 2;
    private static final byte EXPIRED = 3;

    private final MessageCursor message = new MessageCursor();
    private final ByteOrder order;
    private final LongSupplier clock;
    private int[] queues = new int[64];
    private int[] ids = new int[64];
    private long[] times = new long[64];
    private byte[] states = new byte[64];
    private int count;
    private int current;
    /** Whether the current packet has begun and not ended. */
    private boolean turn;

    Received(ByteOrder order, LongSupplier clock) {
        this.order = order;
        this.clock = clock;
    }

    /** Records the packets of a batch, which were received now. */
    void take(DatagramBatch batch) {
        if (current >= count) {
            count = 0;
            current = 0;
        } else if (current > 0) {
            forgetDecided();
        }
        long now = clock.getAsLong();
        for (int i = 0; i < batch.count(); i++) {
            note(batch, i, now);
        }
    }

    private void forgetDecided() {
        int left = count - current;
        System.arraycopy(queues, current, queues, 0, left);
        System.arraycopy(ids, current, ids, 0, left);
        System.arraycopy(times, current, times, 0, left);
        System.arraycopy(states, current, states, 0, left);
        count = left;
        current = 0;
    }

    private void note(DatagramBatch batch, int index, long now) {
        try {
            message.wrap(batch.buffer(), batch.offset(index), batch.length(index), order);
            while (message.next()) {
                long found = PacketId.find(message.buffer(), message.offset(), message.length(), order);
                if (found != PacketId.NONE) {
                    add(PacketId.queue(found), PacketId.id(found), now);
                }
            }
        } catch (MalformedMessageException e) {
            // It begins when it is read.
        }
    }

    private void add(int queue, int id, long now) {
        if (count == ids.length) {
            grow();
        }
        queues[count] = queue;
        ids[count] = id;
        times[count] = now;
        states[count] = WAITING;
        count++;
    }

    private void grow() {
        int[] newQueues = Arrays.copyOf(queues, 2 * count);
        int[] newIds = Arrays.copyOf(ids, 2 * count);
        long[] newTimes = Arrays.copyOf(times, 2 * count);
        states = Arrays.copyOf(states, 2 * count);
        queues = newQueues; // all or none: memory may run out at the last one
        ids = newIds;
        times = newTimes;
    }

    /** Begins a packet; false if its deadline has already passed. */
    boolean begin(int queue, int id) {
        end(); // of the previous one, which an exception interrupted
        int index = find(queue, id);
        if (index < 0) {
            insert(queue, id, clock.getAsLong()); // it could not be recorded at its receipt: its time counts from now
            index = current;
        }
        if (states[index] == EXPIRED) {
            current = index + 1;
            return false;
        }
        current = index;
        states[index] = DECIDING;
        turn = true;
        return true;
    }

    /** Inserts a packet before all that wait. */
    private void insert(int queue, int id, long now) {
        add(queue, id, now);
        int later = count - 1 - current;
        System.arraycopy(queues, current, queues, current + 1, later);
        System.arraycopy(ids, current, ids, current + 1, later);
        System.arraycopy(times, current, times, current + 1, later);
        System.arraycopy(states, current, states, current + 1, later);
        queues[current] = queue;
        ids[current] = id;
        times[current] = now;
        states[current] = WAITING;
    }

    private int find(int queue, int id) {
        for (int i = current; i < count; i++) {
            if (ids[i] == id && queues[i] == queue) {
                return i;
            }
        }
        return -1;
    }

    /** Ends the current packet. Idempotent. */
    void end() {
        if (turn) {
            turn = false;
            current++;
        }
    }

    /** Records that no decider will get a packet; false if its deadline has already passed. */
    boolean leave(int queue, int id) {
        int index = find(queue, id);
        if (index < 0) {
            return true;
        }
        boolean expired = states[index] == EXPIRED;
        states[index] = DECIDED;
        return !expired;
    }

    /** Whether the current packet's deadline has passed. */
    boolean expired() {
        return turn && states[current] == EXPIRED;
    }

    /** The current packet is held, and no longer tracked here. */
    void held() {
        states[current] = DECIDED;
    }

    /** The time at which the current packet was received. */
    long takenAt() {
        return times[current];
    }

    /** The index of the first undecided packet, which is the earliest, or −1 if there is none. */
    int firstUndecided() {
        for (int i = current; i < count; i++) {
            if (states[i] == WAITING || states[i] == DECIDING) {
                return i;
            }
        }
        return -1;
    }

    /** The watchdog has written the verdict of a packet. */
    void expire(int index) {
        states[index] = EXPIRED;
    }

    int queue(int index) {
        return queues[index];
    }

    int id(int index) {
        return ids[index];
    }

    long takenAt(int index) {
        return times[index];
    }
}
