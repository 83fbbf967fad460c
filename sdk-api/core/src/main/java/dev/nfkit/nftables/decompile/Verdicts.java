// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.expression.Verdict;
import org.jspecify.annotations.Nullable;

/** The verdicts of rules and maps. */
final class Verdicts {
    private Verdicts() {}

    static Verdict of(dev.nfkit.nftables.bytecode.Verdict verdict) {
        return switch (verdict.code()) {
            case dev.nfkit.nftables.bytecode.Verdict.NF_ACCEPT -> Verdict.ACCEPT;
            case dev.nfkit.nftables.bytecode.Verdict.NF_DROP -> Verdict.DROP;
            case dev.nfkit.nftables.bytecode.Verdict.NFT_CONTINUE -> Verdict.CONTINUE;
            case dev.nfkit.nftables.bytecode.Verdict.NFT_RETURN -> Verdict.RETURN;
            case dev.nfkit.nftables.bytecode.Verdict.NFT_JUMP -> Verdict.jump(chain(verdict.chain()));
            case dev.nfkit.nftables.bytecode.Verdict.NFT_GOTO -> Verdict.goTo(chain(verdict.chain()));
            default -> throw new UnreadableRuleException("verdict " + verdict.code());
        };
    }

    private static String chain(@Nullable String name) {
        if (name == null) {
            throw new UnreadableRuleException("a jump without the name of its chain");
        }
        return name;
    }
}
