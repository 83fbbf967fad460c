// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.instruction.Operations;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.StoredElement;
import org.jspecify.annotations.Nullable;

/** Follows the jumps of a table's rules ({@code nft_chain_validate}). */
public final class Jumps {
    /** {@code NFT_JUMP_STACK_SIZE}. */
    private static final int DEEPEST = 16;

    private Jumps() {}

    /** Whether jumps from the base chains of a table are deeper than the kernel permits, or a circle. */
    public static boolean tooDeep(Ruleset ruleset, TableState table) {
        for (ChainState chain : table.allChains()) {
            if (chain.hook() != null && deep(ruleset, chain, 0)) {
                return true;
            }
        }
        return false;
    }

    private static boolean deep(Ruleset ruleset, ChainState chain, int level) {
        if (level == DEEPEST) {
            return true;
        }
        for (RuleState rule : chain.rules()) {
            for (Operation operation : rule.operations()) {
                if (deep(ruleset, Operations.target(operation), level)) {
                    return true;
                }
            }
            for (Referent used : rule.uses()) {
                if (used instanceof SetState set && set.map()) {
                    for (StoredElement element : set.elements()) {
                        if (deep(ruleset, element.target(), level)) {
                            return true;
                        }
                    }
                }
            }
        }
        return false;
    }

    private static boolean deep(Ruleset ruleset, @Nullable CodeChain target, int level) {
        ChainState chain = target == null ? null : ruleset.chain(target);
        return chain != null && deep(ruleset, chain, level + 1);
    }
}
