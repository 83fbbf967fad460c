// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.edit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The longest common subsequence of two lists: what can stay in place if one is made into the other.
 *
 * <p>The algorithm is that of Hunt and Szymanski, whose cost grows with the number of equal pairs. An item that is repeated more
 * than {@value #REPEATED} times between the first and the last difference is therefore compared only with those near to it;
 * then the result is a common subsequence, perhaps not the longest.
 */
public final class CommonSubsequence {
    private static final int REPEATED = 128;

    /** A pair of equal items, and the one before it in the best subsequence that ends here. */
    private record Pair(int before, int after, @Nullable Pair previous) {}

    private final List<?> before;
    private final List<?> after;
    /** For each length, the best subsequence of it: that whose last item is earliest in {@code before}. */
    private final List<Pair> best = new ArrayList<>();

    private CommonSubsequence(List<?> before, List<?> after) {
        this.before = before;
        this.after = after;
    }

    /**
     * Finds the items that stay.
     *
     * @param before a list
     * @param after another list
     * @return for each place of {@code after} the place of {@code before} whose item is kept there, rising; -1 for a new item
     */
    public static int[] of(List<?> before, List<?> after) {
        int[] kept = new int[after.size()];
        Arrays.fill(kept, -1);
        int shorter = Math.min(before.size(), after.size());
        int start = 0;
        while (start < shorter && before.get(start).equals(after.get(start))) {
            kept[start] = start++;
        }
        int end = 0;
        int shift = before.size() - after.size();
        while (end < shorter - start && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
            end++;
            kept[after.size() - end] = after.size() - end + shift;
        }
        List<?> inside = before.subList(start, before.size() - end);
        Pair last = new CommonSubsequence(inside, after.subList(start, after.size() - end)).longest();
        for (Pair pair = last; pair != null; pair = pair.previous()) {
            kept[start + pair.after()] = start + pair.before();
        }
        return kept;
    }

    private @Nullable Pair longest() {
        Map<Object, List<Integer>> places = new HashMap<>();
        for (int i = 0; i < before.size(); i++) {
            places.computeIfAbsent(before.get(i), item -> new ArrayList<>()).add(i);
        }
        for (int j = 0; j < after.size(); j++) {
            List<Integer> equal = near(places.getOrDefault(after.get(j), List.of()), j);
            for (int k = equal.size() - 1; k >= 0; k--) { // backwards, so that no two of them join one subsequence
                add(equal.get(k), j);
            }
        }
        return best.isEmpty() ? null : best.get(best.size() - 1);
    }

    private static List<Integer> near(List<Integer> places, int place) {
        if (places.size() <= REPEATED) {
            return places;
        }
        int found = Collections.binarySearch(places, place);
        int middle = found < 0 ? -found - 1 : found;
        int from = Math.min(Math.max(middle - REPEATED / 2, 0), places.size() - REPEATED);
        return places.subList(from, from + REPEATED);
    }

    private void add(int place, int target) {
        int low = 0;
        int high = best.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (best.get(middle).before() < place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < best.size() && best.get(low).before() == place) {
            return;
        }
        Pair pair = new Pair(place, target, low == 0 ? null : best.get(low - 1));
        if (low == best.size()) {
            best.add(pair);
        } else {
            best.set(low, pair);
        }
    }
}
