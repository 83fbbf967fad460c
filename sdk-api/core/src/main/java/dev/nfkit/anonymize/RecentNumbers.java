// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import java.util.function.LongUnaryOperator;

/**
 * Remembers some of the last results of a function of numbers, in constant memory: it changes the speed and never a
 * result. One thread at a time.
 */
final class RecentNumbers {
    private static final int BITS = 12;
    /** Spreads numbers that differ in few bits over the slots (2^64 divided by the golden ratio). */
    private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

    private final LongUnaryOperator function;
    private final long[] numbers = new long[1 << BITS];
    private final long[] results = new long[1 << BITS];
    private final boolean[] used = new boolean[1 << BITS];

    RecentNumbers(LongUnaryOperator function) {
        this.function = function;
    }

    long apply(long number) {
        int slot = (int) ((number * SPREAD) >>> (Long.SIZE - BITS));
        if (!used[slot] || numbers[slot] != number) {
            results[slot] = function.applyAsLong(number);
            numbers[slot] = number;
            used[slot] = true;
        }
        return results[slot];
    }
}
