// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Verdict;

/**
 * Decides what becomes of the packet.
 *
 * @param verdict the verdict
 */
public record VerdictStatement(Verdict verdict) implements Statement {
    /** The packet passes this base chain. */
    public static final VerdictStatement ACCEPT = new VerdictStatement(Verdict.ACCEPT);
    /** The packet is discarded. */
    public static final VerdictStatement DROP = new VerdictStatement(Verdict.DROP);
}
