// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Verdict;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Verdicts of maps, as expressions and as data. */
final class Verdicts {
    private Verdicts() {}

    static dev.nfkit.nftables.bytecode.Verdict toData(Verdict verdict) {
        if (verdict instanceof Verdict.Jump jump) {
            return dev.nfkit.nftables.bytecode.Verdict.jump(jump.chain());
        }
        if (verdict instanceof Verdict.Goto jump) {
            return dev.nfkit.nftables.bytecode.Verdict.goTo(jump.chain());
        }
        return switch ((Verdict.Simple) verdict) {
            case ACCEPT -> dev.nfkit.nftables.bytecode.Verdict.ACCEPT;
            case DROP -> dev.nfkit.nftables.bytecode.Verdict.DROP;
            case CONTINUE -> dev.nfkit.nftables.bytecode.Verdict.CONTINUE;
            case RETURN -> dev.nfkit.nftables.bytecode.Verdict.RETURN;
        };
    }

    /** The verdict; one without an expression of its own becomes a constant. */
    static Expression toExpression(dev.nfkit.nftables.bytecode.Verdict verdict) {
        String chain = verdict.chain();
        @Nullable
        Verdict known = switch (verdict.code()) {
            case dev.nfkit.nftables.bytecode.Verdict.NF_ACCEPT -> Verdict.ACCEPT;
            case dev.nfkit.nftables.bytecode.Verdict.NF_DROP -> Verdict.DROP;
            case dev.nfkit.nftables.bytecode.Verdict.NFT_CONTINUE -> Verdict.CONTINUE;
            case dev.nfkit.nftables.bytecode.Verdict.NFT_RETURN -> Verdict.RETURN;
            case dev.nfkit.nftables.bytecode.Verdict.NFT_JUMP -> chain == null ? null : Verdict.jump(chain);
            case dev.nfkit.nftables.bytecode.Verdict.NFT_GOTO -> chain == null ? null : Verdict.goTo(chain);
            default -> null;
        };
        return known != null
                ? known
                : new Constant(
                        DataType.VERDICT, Integer.SIZE, BigInteger.valueOf(Integer.toUnsignedLong(verdict.code())));
    }
}
