// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import java.util.BitSet;

/**
 * The entries that were sent and not yet acknowledged in order: brokers acknowledge those of several partitions in any
 * order, and the spool removes them from the oldest on. Safe for any number of threads.
 */
final class InFlight {
    private final BitSet done = new BitSet();
    private long first;
    private long next;

    InFlight(long first) {
        this.first = first;
        next = first;
    }

    /** The next entry is sent. Its number follows that of the one before, or entries in between were dropped. */
    synchronized void sent(long number) {
        for (long skipped = next; skipped < number; skipped++) {
            done.set((int) (skipped - first));
        }
        next = Math.max(next, number + 1);
    }

    /** An entry is stored. */
    synchronized void stored(long number) {
        if (number >= first) {
            done.set((int) (number - first));
        }
    }

    /** Sends from the oldest entry on again that is not stored. */
    synchronized long restart() {
        advance();
        done.clear();
        next = first;
        return first;
    }

    /** The number of the oldest entry that is not stored. */
    synchronized long advance() {
        int stored = done.nextClearBit(0);
        if (stored > 0) {
            done.clear(0, stored);
            shift(stored);
            first += stored;
        }
        return first;
    }

    private void shift(int count) {
        BitSet rest = done.get(count, Math.max(count, done.length()));
        done.clear();
        done.or(rest);
    }

    synchronized long count() {
        return next - first;
    }
}
