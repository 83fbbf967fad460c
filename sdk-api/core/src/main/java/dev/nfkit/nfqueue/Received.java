package dev.nfkit.nfqueue;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The packets of the batch that was received last and how far the application is with them, so that the watchdog can
 * decide those that a decider lets wait. Only kept where there is a deadline. Guarded by the session's lock.
 */
final class Received {
    private static final byte WAITING = 0;
    private static final byte DECIDING = 1;
    private static final byte DECIDED = 2;
    private static final byte EXPIRED = 3;

    private final MessageCursor message = new MessageCursor();
    private final ByteOrder order;
    private final Decisions.Clock clock;
    private int[] queues = new int[64];
    private int[] ids = new int[64];
    private byte[] states = new byte[64];
    private int count;
    private int current;
    /** Whether the current packet's turn has begun and not ended. */
    private boolean turn;

    private long takenAt;

    Received(ByteOrder order, Decisions.Clock clock) {
        this.order = order;
        this.clock = clock;
    }

    /** Notes the packets of a batch. */
    void take(DatagramBatch batch) {
        if (current >= count) {
            count = 0;
            current = 0;
        } else {
            forgetDecided();
        }
        takenAt = clock.nanoTime();
        for (int i = 0; i < batch.count(); i++) {
            note(batch, i);
        }
    }

    private void forgetDecided() {
        System.arraycopy(queues, current, queues, 0, count - current);
        System.arraycopy(ids, current, ids, 0, count - current);
        System.arraycopy(states, current, states, 0, count - current);
        count -= current;
        current = 0;
    }

    private void note(DatagramBatch batch, int index) {
        try {
            message.wrap(batch.buffer(), batch.offset(index), batch.length(index), order);
            while (message.next()) {
                long found = PacketId.find(message.buffer(), message.offset(), message.length(), order);
                if (found != PacketId.NONE) {
                    add(PacketId.queue(found), PacketId.id(found));
                }
            }
        } catch (MalformedMessageException e) {
            // Its turn comes when it is read.
        }
    }

    private void add(int queue, int id) {
        if (count == ids.length) {
            queues = Arrays.copyOf(queues, 2 * count);
            ids = Arrays.copyOf(ids, 2 * count);
            states = Arrays.copyOf(states, 2 * count);
        }
        queues[count] = queue;
        ids[count] = id;
        states[count] = WAITING;
        count++;
    }

    /** A packet's turn has come; false if its deadline passed before. */
    boolean begin(int queue, int id) {
        for (int i = current; i < count; i++) {
            if (queues[i] == queue && ids[i] == id) {
                current = i;
                if (states[i] == EXPIRED) {
                    return false;
                }
                states[i] = DECIDING;
                turn = true;
                return true;
            }
        }
        // It was set aside while a request was answered, and nothing else is left: its time counts from now.
        current = count;
        takenAt = clock.nanoTime();
        add(queue, id);
        states[current] = DECIDING;
        turn = true;
        return true;
    }

    /** The current packet's turn is over; it may be said twice. */
    void end() {
        if (turn) {
            turn = false;
            current++;
        }
    }

    /** A packet won't be decided here; false if its deadline passed before. */
    boolean leave(int queue, int id) {
        for (int i = current; i < count; i++) {
            if (queues[i] == queue && ids[i] == id) {
                boolean expired = states[i] == EXPIRED;
                states[i] = DECIDED;
                return !expired;
            }
        }
        return true;
    }

    /** Whether the current packet's deadline has passed. */
    boolean expired() {
        return states[current] == EXPIRED;
    }

    /** The current packet is held, and no longer looked after here; true if its deadline had passed before. */
    boolean held() {
        if (states[current] == EXPIRED) {
            return true;
        }
        states[current] = DECIDED;
        return false;
    }

    /** When the batch was received. */
    long takenAt() {
        return takenAt;
    }

    /** Whether a packet is undecided. */
    boolean any() {
        for (int i = current; i < count; i++) {
            if (states[i] == WAITING || states[i] == DECIDING) {
                return true;
            }
        }
        return false;
    }

    /** Takes one undecided packet for the watchdog; −1 where there is none, else its index. */
    int expireNext() {
        for (int i = current; i < count; i++) {
            if (states[i] == WAITING || states[i] == DECIDING) {
                states[i] = EXPIRED;
                return i;
            }
        }
        return -1;
    }

    int queue(int index) {
        return queues[index];
    }

    int id(int index) {
        return ids[index];
    }
}
