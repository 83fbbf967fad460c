// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/**
 * One attribute of an instruction. Each number stands once, as a constant of its instruction's record.
 *
 * @param number its number in {@code linux/netfilter/nf_tables.h}, 1 to 15
 * @param shape the format of its value
 */
public record Attribute(int number, Shape shape) {
    /** One more than the largest number. */
    static final int NUMBERS = 16;

    /** The formats of values. */
    public enum Shape {
        /** One byte. */
        U8(1),
        /** Two bytes, big-endian. */
        BE16(2),
        /** Four bytes, big-endian. */
        BE32(4),
        /** Eight bytes, big-endian. */
        BE64(8),
        /** Text ended by NUL. */
        TEXT(0),
        /** Any bytes. */
        BYTES(0),
        /** {@code NFTA_DATA_*}: a constant or a verdict. */
        DATA(0),
        /** {@code NFTA_EXPR_*}: one instruction. */
        INSTRUCTION(0),
        /** {@code NFTA_LIST_*}: instructions. */
        LIST(0),
        /** No value: aligns the next attribute on some machines. */
        PAD(0);

        private final int size;

        Shape(int size) {
            this.size = size;
        }

        /**
         * The length of a number.
         *
         * @return bytes, or 0 for other shapes
         */
        int size() {
            return size;
        }
    }

    /** Checks the number. */
    public Attribute {
        Checks.range("attribute", number, 1, NUMBERS - 1);
    }

    static Attribute u8(int number) {
        return new Attribute(number, Shape.U8);
    }

    static Attribute be16(int number) {
        return new Attribute(number, Shape.BE16);
    }

    static Attribute be32(int number) {
        return new Attribute(number, Shape.BE32);
    }

    static Attribute be64(int number) {
        return new Attribute(number, Shape.BE64);
    }

    static Attribute text(int number) {
        return new Attribute(number, Shape.TEXT);
    }

    static Attribute bytes(int number) {
        return new Attribute(number, Shape.BYTES);
    }

    static Attribute data(int number) {
        return new Attribute(number, Shape.DATA);
    }

    static Attribute instruction(int number) {
        return new Attribute(number, Shape.INSTRUCTION);
    }

    static Attribute list(int number) {
        return new Attribute(number, Shape.LIST);
    }

    static Attribute pad(int number) {
        return new Attribute(number, Shape.PAD);
    }
}
