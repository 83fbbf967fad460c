// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A set as instructions use it. Requires the clock's lock. */
public interface SetTable {
    /** The set's name, which the kernel has numbered if the set has none of its own. */
    String name();

    /** The length of keys in bytes. */
    int keyLength();

    /** Finds the element that a key in the registers belongs to, apart from the catch-all; null if there is none. */
    @Nullable
    StoredElement find(byte[] registers, int offset);

    /** The element for all other keys, or null. */
    @Nullable
    StoredElement catchAll();

    /** The length of the data of a map in bytes, or 0. */
    int dataLength();

    /** Whether it maps keys to data. */
    boolean map();

    /** The lifetime of elements that give none, in milliseconds; 0 for an unlimited one. */
    long timeoutMillis();

    /** Adds an element that a packet makes; null if the set is full. */
    @Nullable
    StoredElement add(byte[] key, byte @Nullable [] data, long timeoutMillis, List<Operation> state);

    /** Removes an element that a packet removes. */
    void remove(byte[] key);

    /** The state that new elements get. */
    List<Operation> newState();
}
