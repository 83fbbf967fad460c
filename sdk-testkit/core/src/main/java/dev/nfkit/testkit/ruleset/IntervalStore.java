// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.StoredElement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Intervals of one field, each of them a start and what follows the end ({@code nft_set_rbtree.c}). */
final class IntervalStore implements ElementStore {
    /** {@code NFT_SET_ELEM_INTERVAL_END}. */
    static final int END = 1;

    private static final class Place {
        private @Nullable StoredElement start;
        private @Nullable StoredElement end;
    }

    private final int length;
    private final TreeMap<byte[], Place> places = new TreeMap<>(Arrays::compareUnsigned);

    private byte @Nullable [][] keys;
    private @Nullable StoredElement[] starts = {};

    IntervalStore(int length) {
        this.length = length;
    }

    private static boolean ends(StoredElement element) {
        return (element.flags() & END) != 0;
    }

    @Override
    public @Nullable StoredElement find(byte[] bytes, int offset, long now) {
        byte[][] sorted = sorted();
        int low = 0;
        int high = sorted.length;
        while (low < high) { // finds the number of places up to the key
            int middle = (low + high) >>> 1;
            byte[] place = sorted[middle];
            if (Arrays.compareUnsigned(place, 0, length, bytes, offset, offset + length) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        StoredElement start = low == 0 ? null : starts[low - 1];
        return start == null || start.expired(now) ? null : start;
    }

    /** The keys of all places in order, with the elements that start there; made when the set is looked up. */
    private byte[][] sorted() {
        if (keys == null) {
            keys = places.keySet().toArray(new byte[0][]);
            starts = places.values().stream().map(place -> place.start).toArray(StoredElement[]::new);
        }
        return keys;
    }

    @Override
    public @Nullable StoredElement asked(StoredElement key, long now) {
        if (!ends(key)) {
            return find(key.key(), 0, now);
        }
        StoredElement same = same(key, now);
        Map.Entry<byte[], Place> above = places.higherEntry(key.key());
        return same != null || above == null ? same : above.getValue().end;
    }

    @Override
    public Clash clash(StoredElement element, long now) {
        if (same(element, now) != null) {
            return Clash.SAME;
        }
        Map.Entry<byte[], Place> below = places.lowerEntry(element.key());
        Place at = places.get(element.key());
        if (ends(element)) {
            // Another interval ends between the start and this end, or this end is inside another interval.
            boolean open = below != null && below.getValue().start != null;
            Map.Entry<byte[], Place> above = places.higherEntry(element.key());
            boolean inside = open && above != null && above.getValue().end != null && (at == null || at.start == null);
            return (below != null && !open) || inside ? Clash.OVERLAP : Clash.NONE;
        }
        boolean inside = below != null
                && below.getValue().start != null
                && !below.getValue().start.expired(now)
                && (at == null || at.end == null);
        return inside ? Clash.OVERLAP : Clash.NONE;
    }

    @Override
    public @Nullable StoredElement same(StoredElement element, long now) {
        Place place = places.get(element.key());
        if (place == null) {
            return null;
        }
        StoredElement found = ends(element) ? place.end : place.start;
        return found == null || found.expired(now) ? null : found;
    }

    @Override
    public void put(StoredElement element) {
        keys = null;
        Place place = places.computeIfAbsent(element.key(), key -> new Place());
        if (ends(element)) {
            place.end = element;
        } else {
            place.start = element;
        }
    }

    @Override
    public void remove(StoredElement element) {
        keys = null;
        Place place = places.get(element.key());
        if (place == null) {
            return;
        }
        if (ends(element)) {
            place.end = null;
        } else {
            place.start = null;
        }
        if (place.start == null && place.end == null) {
            places.remove(element.key());
        }
    }

    @Override
    public List<StoredElement> all() {
        List<StoredElement> all = new ArrayList<>();
        for (Place place : places.descendingMap().values()) {
            if (place.start != null) {
                all.add(place.start);
            }
            if (place.end != null) {
                all.add(place.end);
            }
        }
        return all;
    }
}
