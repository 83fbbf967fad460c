// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.StoredElement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Concatenations of ranges ({@code nft_set_pipapo.c}). */
final class BoxStore implements ElementStore {
    private final List<Integer> fields;
    private final List<StoredElement> elements = new ArrayList<>();

    /** Creates a store of keys with fields of these lengths, each of which begins at a word. */
    BoxStore(List<Integer> fields) {
        this.fields = List.copyOf(fields);
    }

    @Override
    public @Nullable StoredElement find(byte[] bytes, int offset, long now) {
        for (StoredElement element : elements) {
            if (!element.expired(now) && contains(element, bytes, offset)) {
                return element;
            }
        }
        return null;
    }

    private static byte[] end(StoredElement element) {
        byte[] end = element.keyEnd();
        return end == null ? element.key() : end;
    }

    private boolean contains(StoredElement element, byte[] bytes, int offset) {
        byte[] low = element.key();
        byte[] high = end(element);
        int at = 0;
        for (int length : fields) {
            int from = offset + at;
            if (Arrays.compareUnsigned(bytes, from, from + length, low, at, at + length) < 0
                    || Arrays.compareUnsigned(bytes, from, from + length, high, at, at + length) > 0) {
                return false;
            }
            at += (length + 3) / 4 * 4;
        }
        return true;
    }

    @Override
    public Clash clash(StoredElement element, long now) {
        StoredElement first = find(element.key(), 0, now);
        if (first != null) {
            return equal(first, element) ? Clash.SAME : Clash.OVERLAP;
        }
        return find(end(element), 0, now) == null ? Clash.NONE : Clash.OVERLAP;
    }

    private static boolean equal(StoredElement one, StoredElement other) {
        return Arrays.equals(one.key(), other.key()) && Arrays.equals(end(one), end(other));
    }

    @Override
    public @Nullable StoredElement same(StoredElement element, long now) {
        for (StoredElement each : elements) {
            if (!each.expired(now) && equal(each, element)) {
                return each;
            }
        }
        return null;
    }

    @Override
    public void put(StoredElement element) {
        elements.add(element);
    }

    @Override
    public void remove(StoredElement element) {
        elements.remove(element);
    }

    @Override
    public List<StoredElement> all() {
        return List.copyOf(elements);
    }
}
