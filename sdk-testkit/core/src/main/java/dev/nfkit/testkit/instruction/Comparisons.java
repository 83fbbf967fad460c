// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Bitwise;
import dev.nfkit.nftables.bytecode.Byteorder;
import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Range;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.Registers16;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Instructions that compare and change registers. */
final class Comparisons {
    private Comparisons() {}

    static Operation of(Cmp cmp) {
        return switch (cmp.op()) {
            case EQ -> equal(cmp, false);
            case NEQ -> equal(cmp, true);
            default -> new Order(cmp);
        };
    }

    private static Operation equal(Cmp cmp, boolean different) {
        byte[] value = cmp.data().toArray();
        return value.length <= Registers16.WORD
                ? new EqualWord(cmp, value, different)
                : new Equal(cmp, value, different);
    }

    /** Compares up to four bytes at once. */
    static final class EqualWord extends Operation {
        private final int offset;
        private final int value;
        private final int mask;
        private final boolean different;

        EqualWord(Cmp cmp, byte[] value, boolean different) {
            super(cmp);
            this.offset = Registers16.offset(cmp.sreg());
            byte[] ones = new byte[value.length];
            Arrays.fill(ones, (byte) 0xff);
            this.value = word(value);
            this.mask = word(ones);
            this.different = different;
        }

        private static int word(byte[] bytes) {
            Registers16 registers = new Registers16();
            registers.store(0, bytes, 0, bytes.length);
            return registers.word(0);
        }

        @Override
        public void run(Frame frame) {
            if (((frame.registers.word(offset) & mask) == value) == different) {
                frame.mismatch();
            }
        }
    }

    private static final class Equal extends Operation {
        private final int offset;
        private final byte[] value;
        private final boolean different;

        Equal(Cmp cmp, byte[] value, boolean different) {
            super(cmp);
            this.offset = Registers16.offset(cmp.sreg());
            this.value = value;
            this.different = different;
        }

        @Override
        public void run(Frame frame) {
            boolean same =
                    Arrays.equals(frame.registers.bytes(), offset, offset + value.length, value, 0, value.length);
            if (same == different) {
                frame.mismatch();
            }
        }
    }

    private static final class Order extends Operation {
        private final Cmp cmp;
        private final int offset;
        private final byte[] value;

        Order(Cmp cmp) {
            super(cmp);
            this.cmp = cmp;
            this.offset = Registers16.offset(cmp.sreg());
            this.value = cmp.data().toArray();
        }

        @Override
        public void run(Frame frame) {
            int order = compare(frame, offset, value);
            boolean match = switch (cmp.op()) {
                case LT -> order < 0;
                case LTE -> order <= 0;
                case GT -> order > 0;
                default -> order >= 0;
            };
            if (!match) {
                frame.mismatch();
            }
        }
    }

    private static int compare(Frame frame, int offset, byte[] value) {
        return Arrays.compareUnsigned(frame.registers.bytes(), offset, offset + value.length, value, 0, value.length);
    }

    static Operation of(Range range) {
        int offset = Registers16.offset(range.sreg());
        byte[] from = range.from().toArray();
        byte[] to = range.to().toArray();
        return new Plain(range, frame -> {
            boolean inside = compare(frame, offset, from) >= 0 && compare(frame, offset, to) <= 0;
            if (inside == range.outside()) {
                frame.mismatch();
            }
        });
    }

    static Operation of(Bitwise bitwise) {
        return bitwise instanceof Bitwise.Mask mask ? new Mask(mask) : operation((Bitwise.Operation) bitwise);
    }

    private static final class Mask extends Operation {
        private final int from;
        private final int to;
        private final int[] mask;
        private final int[] xor;

        Mask(Bitwise.Mask bitwise) {
            super(bitwise);
            from = Registers16.offset(bitwise.sreg());
            to = Registers16.offset(bitwise.dreg());
            int count = words(bitwise.length());
            mask = constants(bitwise.mask().toArray(), count);
            xor = constants(bitwise.xor().toArray(), count);
        }

        @Override
        public void run(Frame frame) {
            Registers16 registers = frame.registers;
            for (int i = 0; i < mask.length; i++) {
                int at = i * Registers16.WORD;
                registers.word(to + at, (registers.word(from + at) & mask[i]) ^ xor[i]);
            }
        }
    }

    private static int[] constants(byte[] data, int count) {
        int[] constants = new int[count];
        Registers16 constant = new Registers16();
        constant.store(0, data, 0, data.length);
        for (int i = 0; i < count; i++) {
            constants[i] = constant.word(i * Registers16.WORD);
        }
        return constants;
    }

    private static int words(int length) {
        return (length + Registers16.WORD - 1) / Registers16.WORD;
    }

    private static Operation operation(Bitwise.Operation operation) {
        int from = Registers16.offset(operation.sreg());
        int to = Registers16.offset(operation.dreg());
        int count = words(operation.length());
        Integer second = operation.sreg2();
        int with = second == null ? -1 : Registers16.offset(second);
        byte[] data = operation.data() == null ? new byte[0] : operation.data().toArray();
        int[] constants = constants(data, count);
        return new Plain(operation, frame -> {
            Registers16 registers = frame.registers;
            int[] words = new int[count];
            for (int i = 0; i < count; i++) {
                words[i] = registers.word(from + i * Registers16.WORD);
            }
            switch (operation.op()) {
                case LSHIFT -> left(words, constants[0]);
                case RSHIFT -> right(words, constants[0]);
                default -> {
                    for (int i = 0; i < count; i++) {
                        int other = with < 0 ? constants[i] : registers.word(with + i * Registers16.WORD);
                        words[i] = switch (operation.op()) {
                            case AND -> words[i] & other;
                            case OR -> words[i] | other;
                            default -> words[i] ^ other;
                        };
                    }
                }
            }
            for (int i = 0; i < count; i++) {
                registers.word(to + i * Registers16.WORD, words[i]);
            }
        });
    }

    private static void left(int[] words, int shift) {
        int carry = 0;
        for (int i = words.length - 1; i >= 0; i--) {
            int word = words[i];
            words[i] = (word << shift) | carry;
            carry = shift == 0 ? 0 : word >>> (Integer.SIZE - shift);
        }
    }

    private static void right(int[] words, int shift) {
        int carry = 0;
        for (int i = 0; i < words.length; i++) {
            int word = words[i];
            words[i] = carry | (word >>> shift);
            carry = shift == 0 ? 0 : word << (Integer.SIZE - shift);
        }
    }

    static Operation of(Byteorder byteorder) {
        int from = Registers16.offset(byteorder.sreg());
        int to = Registers16.offset(byteorder.dreg());
        int size = byteorder.size();
        int length = byteorder.length() / size * size;
        boolean swap = Registers16.HOST == ByteOrder.LITTLE_ENDIAN;
        return new Plain(byteorder, frame -> {
            byte[] registers = frame.registers.bytes();
            byte[] source = Arrays.copyOfRange(registers, from, from + length);
            for (int i = 0; i < length; i++) {
                int at = swap ? i / size * size + size - 1 - i % size : i;
                registers[to + i] = source[at];
            }
        });
    }
}
