// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

/** The interface indexes seen so far. A lookup allocates nothing. */
final class IndexSet {
    private static final int FREE = 0;

    private long[] slots = new long[64];
    private int count;

    /** Adds an index; returns whether it is new. */
    boolean add(long index) {
        int at = slot(slots, index);
        if (slots[at] == index) {
            return false;
        }
        if (count * 2 >= slots.length) {
            grow();
            at = slot(slots, index);
        }
        slots[at] = index;
        count++;
        return true;
    }

    void clear() {
        slots = new long[64];
        count = 0;
    }

    private void grow() {
        long[] larger = new long[slots.length * 2];
        for (long index : slots) {
            if (index != FREE) {
                larger[slot(larger, index)] = index;
            }
        }
        slots = larger;
    }

    private static int slot(long[] slots, long index) {
        int at = (int) index & (slots.length - 1);
        while (slots[at] != FREE && slots[at] != index) {
            at = (at + 1) & (slots.length - 1);
        }
        return at;
    }
}
