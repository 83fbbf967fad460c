// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.statement.Assignment;
import java.math.BigInteger;
import java.util.Arrays;

/** Reads changes of packets, and the values that statements take from registers. */
final class AssignmentReader {
    private final Templates templates;
    private final Expressions expressions;
    private final RegisterFile registers;

    AssignmentReader(Templates templates, Expressions expressions, RegisterFile registers) {
        this.templates = templates;
        this.expressions = expressions;
        this.registers = registers;
    }

    /** Whether something of its own was loaded into a register: not the second part of another value. */
    boolean isLoaded(int register) {
        return registers.has(register);
    }

    /** The value in a register that a selector is set to. */
    Expression value(int register, Selector target) {
        return value(register, target.type(), target.bits(), target.hostOrder());
    }

    /** The value in a register, of a type with a fixed size. */
    Expression value(int register, DataType type) {
        return value(register, type, type.bits(), type.hostOrder());
    }

    Expression value(int register, DataType type, int bits, boolean host) {
        Loaded loaded = registers.get(register);
        if (loaded instanceof Loaded.Bits constant) {
            byte[] bytes = constant.value().toArray();
            int size = Math.max(1, (bits + Byte.SIZE - 1) / Byte.SIZE);
            requireValue(bytes, size);
            return expressions.value(type, bits, host, bytes.length > size ? Arrays.copyOf(bytes, size) : bytes);
        }
        return expressions.shape(loaded).expression();
    }

    /** Keeps other bytes than a value, which the kernel may fill up with zeros, as they are. */
    private static void requireValue(byte[] bytes, int size) {
        boolean value = bytes.length >= size;
        for (int i = size; i < bytes.length; i++) {
            value &= bytes[i] == 0;
        }
        if (!value) {
            throw new UnreadableRuleException(bytes.length + " bytes as a value of " + size);
        }
    }

    Assignment read(Payload.Write write) {
        PayloadBase base = LoadReader.base(write.base());
        int offset = write.offset() * Byte.SIZE;
        int bits = write.length() * Byte.SIZE;
        Loaded loaded = registers.get(write.sreg());
        if (loaded instanceof Loaded.Masked masked && masked.of() instanceof Loaded.Packet packet) {
            boolean same =
                    packet.base() == base && packet.offset() == write.offset() && packet.bytes() == write.length();
            BigInteger replaced = Numbers.ones(bits).andNot(masked.mask());
            boolean within = masked.xor().andNot(replaced).signum() == 0;
            if (same && within && Numbers.isContiguous(replaced)) {
                return part(base, offset, bits, replaced, masked.xor());
            }
        }
        Selector target = templates.selector(base, offset, bits);
        return new Assignment(target, value(write.sreg(), target.type(), bits, false));
    }

    /** Bits of loaded bytes that are replaced. */
    private Assignment part(PayloadBase base, int offset, int bits, BigInteger replaced, BigInteger xor) {
        int after = replaced.getLowestSetBit();
        int count = replaced.bitCount();
        Selector target = templates.selector(base, offset + bits - after - count, count);
        return new Assignment(target, new Constant(target.type(), count, xor.shiftRight(after)));
    }

    Assignment read(Exthdr.Write write) {
        Loaded.Option option =
                new Loaded.Option(LoadReader.family(write.op()), write.type(), write.offset(), write.length());
        Selector target = templates.option(option, write.offset() * Byte.SIZE, write.length() * Byte.SIZE);
        return new Assignment(target, value(write.sreg(), target));
    }
}
