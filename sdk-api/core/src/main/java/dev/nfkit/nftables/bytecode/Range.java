// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/**
 * Compares a register with a range; the rule ends if the result is false ({@code nft_range.c}).
 *
 * @param outside whether the bytes must be outside of the range ({@code NFT_RANGE_NEQ}) instead of inside
 * @param sreg the register
 * @param from the least bytes inside
 * @param to the greatest bytes inside, as many as the least
 */
public record Range(boolean outside, int sreg, Constant from, Constant to) implements Instruction {
    /** {@code NFTA_RANGE_SREG}. */
    static final Attribute SREG = Attribute.be32(1);
    /** {@code NFTA_RANGE_OP}. */
    static final Attribute OP = Attribute.be32(2);
    /** {@code NFTA_RANGE_FROM_DATA}. */
    static final Attribute FROM = Attribute.data(3);
    /** {@code NFTA_RANGE_TO_DATA}. */
    static final Attribute TO = Attribute.data(4);

    static final Format FORMAT = new Format("range", Range::read, SREG, OP, FROM, TO);

    private static final int NEQ = 1;

    /** Checks the register and the lengths. */
    public Range {
        Registers.check("sreg", sreg);
        Checks.range("length of the end", to.length(), from.length(), from.length());
    }

    private static Range read(AttributeValues in) {
        long op = Checks.range("op", in.number(OP), 0, NEQ);
        return new Range(op == NEQ, in.small(SREG), in.constant(FROM), in.constant(TO));
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(SREG, sreg).put(OP, outside ? NEQ : 0).put(FROM, from).put(TO, this.to);
    }

    @Override
    public void print(TextLine line) {
        line.text(outside ? "neq" : "eq").number("reg", sreg).constant(from).constant(to);
    }
}
