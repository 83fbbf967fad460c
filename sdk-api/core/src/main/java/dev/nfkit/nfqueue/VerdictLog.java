// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongConsumer;

/**
 * Maps the sequence numbers of verdicts to packets: the kernel's refusal contains nothing else. It also records which
 * verdicts were sent in one datagram, because the kernel refuses a whole datagram by an answer to its first message
 * only. Uses rings: entries older than their size are forgotten. Any thread.
 */
final class VerdictLog {
    /** Verdicts use the upper half of the numbers, requests the lower. */
    private static final int OURS = 0x8000_0000;

    /** A verdict for all packets up to an id. */
    static final int BATCH = 0x4000_0000;
    /** A batch for packets in doubt, which usually finds none. */
    static final int SWEEP = 0x2000_0000;
    /** Written for held packets; each of a session's two writers has its own numbers. */
    static final int HELD = 0x1000_0000;

    private static final int COUNT = HELD - 1;
    private static final int KIND_BITS = 3;
    private static final int KIND_SHIFT_IN_NUMBER = 28;
    private static final int SIZE_BITS = 14;
    private static final int INDEX = (1 << SIZE_BITS) - 1;
    private static final int DATAGRAMS = 1 << 10;

    // An entry: a tag that distinguishes numbers at one place of the ring, the kind, the queue, and the id.
    private static final int TAG_BITS = 13;
    private static final int QUEUE_SHIFT = 32;
    private static final int KIND_SHIFT = 48;
    private static final int TAG_SHIFT = KIND_SHIFT + KIND_BITS;

    private final AtomicInteger counter = new AtomicInteger();
    private final AtomicLongArray entries = new AtomicLongArray(1 << SIZE_BITS);

    // The last datagrams: the sequence numbers of their first and last verdict.
    private final AtomicInteger sendings = new AtomicInteger();
    private final AtomicLongArray datagrams = new AtomicLongArray(DATAGRAMS);

    /** Records a verdict and returns its sequence number. The kind is a combination of BATCH, SWEEP and HELD. */
    long next(int queue, int id, int kind) {
        int number = counter.getAndIncrement() & COUNT;
        long entry = (tag(number) << TAG_SHIFT)
                | ((long) (kind >>> KIND_SHIFT_IN_NUMBER) << KIND_SHIFT)
                | ((long) queue << QUEUE_SHIFT)
                | (id & 0xffff_ffffL);
        entries.lazySet(number & INDEX, entry);
        return (OURS | kind | number) & 0xffff_ffffL;
    }

    /** Records that a datagram is about to be sent, by its first and last verdict. */
    void sending(long first, long last) {
        datagrams.set(sendings.getAndIncrement() & (DATAGRAMS - 1), first << Integer.SIZE | last);
    }

    /** Passes on the sequence numbers of a datagram's verdicts, as far as they are known, at least the first. */
    void datagram(long first, LongConsumer verdicts) {
        verdicts.accept(first);
        for (int number = (int) first + 1 & COUNT, left = distanceToLast(first); left > 0; left--) {
            long entry = entries.get(number & INDEX);
            int kind = (int) (entry >>> KIND_SHIFT & (1 << KIND_BITS) - 1) << KIND_SHIFT_IN_NUMBER;
            if (entry >>> TAG_SHIFT == tag(number) && (kind & HELD) == ((int) first & HELD)) {
                verdicts.accept((OURS | kind | number) & 0xffff_ffffL);
            }
            number = number + 1 & COUNT;
        }
    }

    /** The distance from a datagram's first verdict to its last; 0 if the datagram is forgotten. */
    private int distanceToLast(long first) {
        for (int i = 0; i < DATAGRAMS; i++) {
            long datagram = datagrams.get(i);
            if (datagram >>> Integer.SIZE == first) {
                int distance = (int) datagram - (int) first & COUNT;
                return Math.min(distance, INDEX);
            }
        }
        return 0;
    }

    /** Whether a sequence number belongs to a verdict and is still known. */
    boolean knows(long sequence) {
        int number = (int) sequence & COUNT;
        return ((int) sequence & OURS) != 0 && entries.get(number & INDEX) >>> TAG_SHIFT == tag(number);
    }

    private static long tag(long number) {
        return (number >>> SIZE_BITS) & ((1 << TAG_BITS) - 1);
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
