// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import java.util.List;
import java.util.Locale;

/** What a mistyped word was probably meant to be. */
final class Suggestions {
    private static final int SHOWN = 3;

    private Suggestions() {}

    /**
     * The words that differ least from a mistyped one, by letters that are missing, added, replaced or exchanged with
     * their neighbour: at most one in three, and at least one is permitted. Otherwise the words that begin with it.
     */
    static List<String> of(String typed, List<String> words) {
        String word = typed.toLowerCase(Locale.ROOT);
        int most = Math.max(1, letters(word) / 3);
        int nearest = words.stream()
                .mapToInt(each -> distance(word, each.toLowerCase(Locale.ROOT)))
                .min()
                .orElse(Integer.MAX_VALUE);
        List<String> near = nearest <= most && nearest < letters(word)
                ? words.stream()
                        .filter(each -> distance(word, each.toLowerCase(Locale.ROOT)) == nearest)
                        .toList()
                : words.stream()
                        .filter(each -> letters(word) > 1 && each.startsWith(word))
                        .toList();
        return near.size() > SHOWN ? List.of() : near;
    }

    /** The length without the hyphens of an option. */
    private static int letters(String word) {
        return word.replaceFirst("^-+", "").length();
    }

    /** The distance of Damerau and Levenshtein, in which no part of a word changes twice. */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(replaced, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}
