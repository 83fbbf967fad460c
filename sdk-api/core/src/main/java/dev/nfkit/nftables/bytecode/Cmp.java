// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.Locale;

/**
 * Compares a register with constant bytes, from the first byte on; the rule ends if the result is false ({@code
 * nft_cmp.c}).
 *
 * @param op the comparison
 * @param sreg the register
 * @param data the bytes
 */
public record Cmp(Op op, int sreg, Constant data) implements Instruction {
    /** {@code NFTA_CMP_SREG}. */
    static final Attribute SREG = Attribute.be32(1);
    /** {@code NFTA_CMP_OP}. */
    static final Attribute OP = Attribute.be32(2);
    /** {@code NFTA_CMP_DATA}. */
    static final Attribute DATA = Attribute.data(3);

    static final Format FORMAT = new Format(
            "cmp", in -> new Cmp(in.choice(OP, Op.values()), in.small(SREG), in.constant(DATA)), SREG, OP, DATA);

    /** Comparisons ({@code NFT_CMP_*}), in the order of their numbers from 0. */
    public enum Op {
        /** Equal. */
        EQ,
        /** Not equal. */
        NEQ,
        /** Less. */
        LT,
        /** Less or equal. */
        LTE,
        /** Greater. */
        GT,
        /** Greater or equal. */
        GTE
    }

    /** Checks the register. */
    public Cmp {
        Registers.check("sreg", sreg);
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(SREG, sreg).put(OP, op).put(DATA, data);
    }

    @Override
    public void print(TextLine line) {
        line.text(op.name().toLowerCase(Locale.ROOT)).number("reg", sreg).constant(data);
    }
}
