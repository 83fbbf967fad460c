// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/**
 * Swaps the bytes of numbers between host and network order ({@code nft_byteorder.c}).
 *
 * @param op the direction
 * @param dreg the target
 * @param sreg the source
 * @param length the number of bytes, 1 to 64
 * @param size the bytes of each number: 2, 4 or 8
 */
public record Byteorder(Op op, int dreg, int sreg, int length, int size) implements Instruction {
    /** {@code NFTA_BYTEORDER_SREG}. */
    static final Attribute SREG = Attribute.be32(1);
    /** {@code NFTA_BYTEORDER_DREG}. */
    static final Attribute DREG = Attribute.be32(2);
    /** {@code NFTA_BYTEORDER_OP}. */
    static final Attribute OP = Attribute.be32(3);
    /** {@code NFTA_BYTEORDER_LEN}. */
    static final Attribute LEN = Attribute.be32(4);
    /** {@code NFTA_BYTEORDER_SIZE}. */
    static final Attribute SIZE = Attribute.be32(5);

    static final Format FORMAT = new Format(
            "byteorder",
            in -> new Byteorder(
                    in.choice(OP, Op.values()), in.small(DREG), in.small(SREG), in.small(LEN), in.small(SIZE)),
            SREG,
            DREG,
            OP,
            LEN,
            SIZE);

    /** Directions ({@code enum nft_byteorder_ops}), in the order of their numbers from 0. */
    public enum Op {
        /** Network to host. */
        NTOH,
        /** Host to network. */
        HTON
    }

    /** Checks registers and lengths. */
    public Byteorder {
        Registers.check("dreg", dreg);
        Registers.check("sreg", sreg);
        Checks.range("length", length, 1, Constant.MOST);
        if (size != 2 && size != 4 && size != 8) {
            throw new IllegalArgumentException("size " + size + " is none of 2, 4, 8");
        }
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(SREG, sreg).put(DREG, dreg).put(OP, op).put(LEN, length).put(SIZE, size);
    }

    @Override
    public void print(TextLine line) {
        String direction = op == Op.NTOH ? "ntoh" : "hton";
        line.number("reg", dreg).text("= " + direction + "(reg " + sreg + ", " + size + ", " + length + ")");
    }
}
