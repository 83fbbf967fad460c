// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.filter.FilterSyntaxException;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.samples.cli.run.Failure;

/**
 * The two languages in which packets are selected. Rules match in that of nft; sessions filter what they receive in
 * nfkit's own, which is closer to that of libpcap. An error names the language that is expected, and the other one if the
 * text is correct in it.
 */
public final class FilterLanguage {
    private FilterLanguage() {}

    /**
     * A match of nft, or another part of its rule, that is refused.
     *
     * @param what the option or parameter
     * @param match the match
     */
    static Failure refused(String what, String match, IllegalArgumentException e) {
        if (!(e instanceof RuleSyntaxException)) {
            return Failure.usage(what + ": " + e.getMessage(), e);
        }
        String other = isFilter(match) ? "; it is a FILTER, which capture and queue take: nfkit help queue" : "";
        // The text and the place in it follow the first line.
        String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return Failure.usage(what + ", a match in the language of nft: " + problem + other, e);
    }

    /** What to add to the problem of a filter in nfkit's language. */
    public static String other(String filter) {
        return isMatch(filter) ? "; it is a match of nft, which --rule and nfkit explain take" : "";
    }

    private static boolean isFilter(String text) {
        try {
            PacketFilter.parse(text);
            return !text.isBlank();
        } catch (FilterSyntaxException e) {
            return false;
        }
    }

    private static boolean isMatch(String text) {
        try {
            PacketRule.of(text);
            return !text.isBlank();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
