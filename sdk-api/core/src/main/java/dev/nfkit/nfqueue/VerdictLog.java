package dev.nfkit.nfqueue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which packet each verdict was for, by its sequence number: the kernel's answer to a bad one echoes nothing else. It also
 * knows which verdicts left in one datagram, since the kernel refuses a datagram as a whole by its first message alone. A
 * ring: what is older than its size is forgotten. Any thread.
 */
final class VerdictLog {
    /** The upper half of the numbers is the verdicts', the lower the requests'. */
    private static final int OURS = 0x8000_0000;

    private static final int BATCH = 0x4000_0000;
    /** A batch for packets in doubt, which finds nothing as a rule. */
    private static final int SWEEP = 0x2000_0000;

    private static final int SIZE_BITS = 14;
    private static final int INDEX = (1 << SIZE_BITS) - 1;
    private static final int COUNT = SWEEP - 1;
    private static final int TAG = 0xffff;
    /** Beside a tag of 16 bits and a queue of 16 there is room for the id's 32. */
    private static final int QUEUE_SHIFT = 32;

    private static final int TAG_SHIFT = 48;

    /** No verdict's sequence number. */
    static final long NONE = 0;

    private final AtomicInteger counter = new AtomicInteger();
    private final AtomicLongArray entries = new AtomicLongArray(1 << SIZE_BITS);
    /** The sequence number of the next verdict in the same datagram, or 0. */
    private final AtomicIntegerArray following = new AtomicIntegerArray(1 << SIZE_BITS);

    /** Notes a sweep and gives its sequence number. */
    long nextSweep(int queue, int id, long previous) {
        return next(queue, id, BATCH | SWEEP, previous);
    }

    /** Notes a verdict and gives its sequence number; it follows another one in its datagram, or NONE. */
    long next(int queue, int id, boolean batch, long previous) {
        return next(queue, id, batch ? BATCH : 0, previous);
    }

    private long next(int queue, int id, int kind, long previous) {
        int number = counter.getAndIncrement() & COUNT;
        long tag = tag(number);
        entries.lazySet(number & INDEX, (tag << TAG_SHIFT) | ((long) queue << QUEUE_SHIFT) | (id & 0xffff_ffffL));
        following.lazySet(number & INDEX, 0);
        int sequence = OURS | kind | number;
        if (previous != NONE) {
            following.lazySet((int) previous & INDEX, sequence);
        }
        return sequence & 0xffff_ffffL;
    }

    /** The next verdict of the same datagram, or NONE where there is none or it is forgotten. */
    long following(long sequence) {
        long next = following.get((int) sequence & INDEX) & 0xffff_ffffL;
        return next != NONE && knows(sequence) && knows(next) ? next : NONE;
    }

    /** Whether a sequence number is a verdict's, and is still known. */
    boolean knows(long sequence) {
        int number = (int) sequence & COUNT;
        return ((int) sequence & OURS) != 0 && entries.get(number & INDEX) >>> TAG_SHIFT == tag(number);
    }

    private static long tag(long number) {
        return (number >>> SIZE_BITS) & TAG;
    }

    int queue(long sequence) {
        return (int) (entries.get((int) sequence & INDEX) >>> QUEUE_SHIFT) & 0xffff;
    }

    long id(long sequence) {
        return entries.get((int) sequence & INDEX) & 0xffff_ffffL;
    }

    static boolean isBatch(long sequence) {
        return ((int) sequence & BATCH) != 0;
    }

    static boolean isSweep(long sequence) {
        return ((int) sequence & SWEEP) != 0;
    }
}
