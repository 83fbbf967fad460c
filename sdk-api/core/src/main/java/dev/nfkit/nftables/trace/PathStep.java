// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.PrintableText;
import java.util.OptionalLong;

/**
 * A step of a packet's path. Immutable.
 *
 * @param type what it is about
 * @param chain the chain, of the table of its {@link ChainPass}
 * @param ruleHandle the rule that matched; empty at the end of a chain
 * @param verdict what the rule or the policy decided
 * @param mark the packet's mark after it, 0 to 2³²−1
 */
public record PathStep(TraceType type, String chain, OptionalLong ruleHandle, TraceVerdict verdict, long mark) {
    static PathStep of(TraceStep step) {
        return new PathStep(step.type(), step.chain(), step.ruleHandle(), step.verdict(), step.mark());
    }

    /**
     * Whether the packet came to the end of a chain without a verdict.
     *
     * @return false for rules and policies
     */
    public boolean endsChain() {
        return type != TraceType.POLICY && ruleHandle.isEmpty();
    }

    /**
     * The step in a few words, safe to print.
     *
     * @return such as {@code input handle 4 drop}
     */
    @Override
    public String toString() {
        String what = type == TraceType.POLICY
                ? " policy "
                : ruleHandle.isPresent() ? " handle " + ruleHandle.getAsLong() + " " : " end ";
        return PrintableText.of(chain) + what + verdict;
    }
}
