// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The held packets of one queue, in the order of their ids. A packet leaves only when its verdict was sent or stands in
 * the outbox, or when the session ends without it. Any thread.
 */
final class HeldList {
    /**
     * If the first held packet is further back than this, batches end before it, because its id could be confused with
     * a later one.
     */
    private static final int FARTHEST = 1 << 30;

    private @Nullable Hold first;
    private @Nullable Hold last;
    private volatile int size;
    private volatile boolean abandoned;

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for isEmpty()
    synchronized void add(Hold hold) {
        hold.before = last;
        if (last == null) {
            first = hold;
        } else {
            last.after = hold;
        }
        last = hold;
        size++;
        hold.linked = true; // nothing is called between the first change and this, so that no stack can overflow
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; volatile for isEmpty()
    synchronized void remove(Hold hold) {
        hold.linked = false;
        if (hold.before == null) {
            first = hold.after;
        } else {
            hold.before.after = hold.after;
        }
        if (hold.after == null) {
            last = hold.before;
        } else {
            hold.after.before = hold.before;
        }
        hold.before = null;
        hold.after = null;
        size--;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Whether a held packet has an id up to the given one, or is so far before the next id that this is uncertain. */
    synchronized boolean anyUpTo(int id, int nextId) {
        // Ids are compared by their distance, which has a sign as long as it is less than half of all ids.
        return first != null && (first.id - id <= 0 || nextId - first.id > FARTHEST);
    }

    /** The given id, or the id before the first held packet if that is less. */
    synchronized int beforeFirst(int id) {
        return first != null && first.id - id <= 0 ? first.id - 1 : id;
    }

    /** Adds the held packets to a list. */
    synchronized void copyTo(List<Hold> copy) {
        for (Hold hold = first; hold != null; hold = hold.after) {
            copy.add(hold);
        }
    }

    /** A packet is about to leave without a verdict, because the session ends: no batch may cover it from now on. */
    void abandon() {
        abandoned = true;
    }

    /** Whether a packet has left without a verdict. */
    boolean isAbandoned() {
        return abandoned;
    }
}
