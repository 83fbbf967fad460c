// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.StoredElement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the elements of a set are kept, which determines what keys they contain. */
interface ElementStore {
    /** What happens if an element is added. */
    enum Clash {
        /** It is new. */
        NONE,
        /** The same element exists. */
        SAME,
        /** Another element contains a part of it. */
        OVERLAP
    }

    /** Finds the element that a key belongs to; null if there is none, or it has expired. */
    @Nullable
    StoredElement find(byte[] bytes, int offset, long now);

    /** What would happen if an element were added. */
    Clash clash(StoredElement element, long now);

    /** The stored element that an element names, or null. */
    @Nullable
    StoredElement same(StoredElement element, long now);

    /** The stored element that a request for one key and its flags means ({@code get}); null if there is none. */
    default @Nullable StoredElement asked(StoredElement key, long now) {
        return find(key.key(), 0, now);
    }

    void put(StoredElement element);

    void remove(StoredElement element);

    /** All elements, in the order of a dump; expired ones, too. */
    List<StoredElement> all();
}
