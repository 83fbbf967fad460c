// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Bitwise;
import dev.nfkit.nftables.bytecode.Byteorder;
import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Registers;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The instructions of a rule while it is compiled, and the registers that are in use. */
final class Code {
    private static final int WORDS = 16;
    private static final int WORDS_OF_REGISTER = 4;

    private final List<Instruction> instructions = new ArrayList<>();
    private final List<Integer> origins = new ArrayList<>();
    private final List<CompiledSet> sets = new ArrayList<>();
    private final ByteOrder machine;
    private int origin;
    private int used;
    private long ids;

    Code(ByteOrder machine, long firstId) {
        this.machine = machine;
        this.ids = firstId - 1;
    }

    ByteOrder machine() {
        return machine;
    }

    static int words(int bytes) {
        return (bytes + 3) / 4;
    }

    /** The statement that the next instructions are compiled from. */
    void begin(int statement) {
        origin = statement;
    }

    Code add(Instruction instruction) {
        instructions.add(instruction);
        origins.add(origin);
        return this;
    }

    void add(CompiledSet set) {
        sets.add(set);
    }

    long nextId() {
        return ++ids;
    }

    CompiledRule finish() {
        return new CompiledRule(instructions, origins, sets);
    }

    /** Takes whole registers of 16 bytes for a value, and returns their first word. */
    int take(int bytes) {
        int word = used;
        int registers = (words(bytes) + WORDS_OF_REGISTER - 1) / WORDS_OF_REGISTER;
        used += Math.max(1, registers) * WORDS_OF_REGISTER;
        if (used > WORDS) {
            throw new InvalidRuleException("the rule needs more than the kernel's " + WORDS + " registers");
        }
        return word;
    }

    /** Gives the registers from a word on back. */
    void release(int word) {
        used = word;
    }

    static int register(int word) {
        return Registers.ofWord(word);
    }

    void immediate(int word, Constant data) {
        add(new Immediate(register(word), data));
    }

    void compare(Cmp.Op op, int word, byte[] value) {
        add(new Cmp(op, register(word), Constant.of(value)));
    }

    void mask(Operand operand, byte[] mask, byte[] xor) {
        int register = register(operand.word());
        add(new Bitwise.Mask(register, register, operand.bytes(), Constant.of(mask), Constant.of(xor)));
    }

    void shift(Operand operand, boolean left, long bits) {
        int register = register(operand.word());
        add(new Bitwise.Operation(
                left ? Bitwise.Op.LSHIFT : Bitwise.Op.RSHIFT,
                register,
                register,
                operand.bytes(),
                null,
                Constant.number(bits, Integer.BYTES, machine)));
    }

    /** Brings a value into the byte order that what it is assigned to has. */
    void order(Operand operand, boolean host) {
        if (operand.host() && !host) {
            network(operand);
        } else if (!operand.host() && host && operand.bytes() > 1) {
            swap(Byteorder.Op.NTOH, operand);
        }
    }

    private void swap(Byteorder.Op op, Operand operand) {
        int bytes = operand.bytes();
        int register = register(operand.word());
        int size = bytes % Long.BYTES == 0 ? Long.BYTES : bytes % Integer.BYTES == 0 ? Integer.BYTES : Short.BYTES;
        add(new Byteorder(op, register, register, bytes, size));
    }

    /** Brings a value into network order, which ranges need. */
    Operand network(Operand operand) {
        if (!operand.host()) {
            return operand;
        }
        int bytes = operand.bytes();
        if (bytes > 1) {
            swap(Byteorder.Op.HTON, operand);
        }
        return new Operand(operand.word(), bytes, false, operand.shift());
    }
}
