// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/** Operations on the bits of registers ({@code nft_bitwise.c}). Operands are words of 32 bits in host byte order. */
public sealed interface Bitwise extends Instruction {
    /** {@code NFTA_BITWISE_SREG}. */
    Attribute SREG = Attribute.be32(1);
    /** {@code NFTA_BITWISE_DREG}. */
    Attribute DREG = Attribute.be32(2);
    /** {@code NFTA_BITWISE_LEN}. */
    Attribute LEN = Attribute.be32(3);
    /** {@code NFTA_BITWISE_MASK}. */
    Attribute MASK = Attribute.data(4);
    /** {@code NFTA_BITWISE_XOR}. */
    Attribute XOR = Attribute.data(5);
    /** {@code NFTA_BITWISE_OP}; absent before 5.6, which has the mask only. */
    Attribute OP = Attribute.be32(6);
    /** {@code NFTA_BITWISE_DATA}. */
    Attribute DATA = Attribute.data(7);
    /** {@code NFTA_BITWISE_SREG2}, from 6.13. */
    Attribute SREG2 = Attribute.be32(8);

    /** The operations, in the order of their numbers ({@code enum nft_bitwise_ops}). */
    enum Op {
        /** The mask and exclusive-or of {@link Mask}. */
        MASK_XOR("^"),
        /** To the left. */
        LSHIFT("<<"),
        /** To the right. */
        RSHIFT(">>"),
        /** And, from 6.13. */
        AND("&"),
        /** Or, from 6.13. */
        OR("|"),
        /** Exclusive or, from 6.13. */
        XOR("^");

        private final String sign;

        Op(String sign) {
            this.sign = sign;
        }
    }

    /** The format of all of them. */
    static Format format() {
        return new Format("bitwise", Bitwise::read, SREG, DREG, LEN, MASK, XOR, OP, DATA, SREG2);
    }

    private static Bitwise read(AttributeValues in) {
        int sreg = in.small(SREG);
        int dreg = in.small(DREG);
        int length = in.small(LEN);
        Op op = in.choice(OP, Op.values(), Op.MASK_XOR);
        if (op == Op.MASK_XOR) {
            return new Mask(dreg, sreg, length, in.constant(MASK), in.constant(XOR));
        }
        return new Operation(op, dreg, sreg, length, in.smallOrNull(SREG2), in.constantOrNull(DATA));
    }

    @Override
    default String name() {
        return "bitwise";
    }

    /**
     * The target gets (source and mask) xor value.
     *
     * @param dreg the target
     * @param sreg the source
     * @param length the number of bytes, 1 to 64
     * @param mask the mask, of that length
     * @param xor the value, of that length
     */
    record Mask(int dreg, int sreg, int length, Constant mask, Constant xor) implements Bitwise {
        /** Checks registers and lengths. */
        public Mask {
            Registers.check("dreg", dreg);
            Registers.check("sreg", sreg);
            Checks.range("length", length, 1, Constant.MOST);
            Checks.range("length of the mask", mask.length(), length, length);
            Checks.range("length of the value", xor.length(), length, length);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG, sreg).put(DREG, dreg).put(LEN, length).put(OP, Op.MASK_XOR);
            to.put(MASK, mask).put(XOR, xor);
        }

        @Override
        public void print(TextLine line) {
            line.number("reg", dreg)
                    .number("= ( reg", sreg)
                    .text("&")
                    .constant(mask)
                    .text(") ^")
                    .constant(xor);
        }
    }

    /**
     * A shift by a constant, or from 6.13 and, or, xor with a register or a constant.
     *
     * @param op the operation, not {@link Op#MASK_XOR}
     * @param dreg the target
     * @param sreg the source
     * @param length the number of bytes, 1 to 64
     * @param sreg2 the register of the second operand, or null
     * @param data the second operand, or null; of a shift the number of bits, 4 bytes in host byte order
     */
    record Operation(
            Op op,
            int dreg,
            int sreg,
            int length,
            @Nullable Integer sreg2,
            @Nullable Constant data) implements Bitwise {
        /** Checks registers and length, and that there is one second operand. */
        public Operation {
            Registers.check("dreg", dreg);
            Registers.check("sreg", sreg);
            Registers.check("sreg2", sreg2);
            Checks.range("length", length, 1, Constant.MOST);
            boolean shift = op == Op.LSHIFT || op == Op.RSHIFT;
            if (op == Op.MASK_XOR || (sreg2 == null) == (data == null) || (shift && data == null)) {
                throw new IllegalArgumentException(
                        "operation " + op + " needs a constant, or with and, or, xor a constant or a register");
            }
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG, sreg).put(DREG, dreg).put(LEN, length).put(OP, op);
            to.put(DATA, data).put(SREG2, sreg2);
        }

        @Override
        public void print(TextLine line) {
            line.number("reg", dreg).number("= ( reg", sreg).text(op.sign).number("reg", sreg2);
            Constant constant = data;
            if (constant != null) {
                line.constant(constant);
            }
            line.text(")");
        }
    }
}
