// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import org.jspecify.annotations.Nullable;

/** Follows the execution of rules. */
public interface Visits {
    /** A rule was executed, to its end if it matched. */
    void visited(CodeRule rule, boolean matched);

    /**
     * A packet with {@code nftrace} met a rule that matched, or with null came to the end of a chain ({@code
     * nft_trace_packet}, {@code nft_trace_verdict}).
     */
    void traced(CodeChain chain, @Nullable CodeRule rule, int verdict, @Nullable CodeChain target);
}
