// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.Bytes;
import dev.nfkit.wire.MessageWriter;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Writes instructions ({@code NFTA_LIST_*}, {@code NFTA_EXPR_*}) as the kernel accepts them. Nests have {@code
 * NLA_F_NESTED}, as libnftnl's. Attributes are those of the kernel's dumps in the same order, except for some that it
 * dumps and refuses: flags of 0 of {@code osf} and of {@code exthdr} that writes, and a timeout of 0 of {@code dynset}.
 */
public final class InstructionWriter {
    /** More than most instructions have. */
    private static final int USUAL = 512;
    /** The largest attribute. */
    private static final int LARGEST = 0x10000;

    private InstructionWriter() {}

    /**
     * Writes an attribute that holds a list of instructions, such as {@code NFTA_RULE_EXPRESSIONS}.
     *
     * @param writer the target
     * @param type the attribute's number
     * @param instructions the instructions, in order
     * @throws BufferOverflowException if the buffer is full
     */
    public static void write(MessageWriter writer, int type, List<? extends Instruction> instructions) {
        new AttributeSink(writer).list(type, instructions);
    }

    /**
     * Writes an attribute that holds one instruction, such as {@code NFTA_SET_ELEM_EXPR}.
     *
     * @param writer the target
     * @param type the attribute's number
     * @param instruction the instruction
     * @throws BufferOverflowException if the buffer is full
     */
    public static void write(MessageWriter writer, int type, Instruction instruction) {
        new AttributeSink(writer).element(type, instruction);
    }

    /**
     * The attributes of an instruction ({@code NFTA_EXPR_DATA}).
     *
     * @param instruction the instruction
     * @param machine the byte order of attributes' headers
     * @return the bytes, padded; none if the instruction has no attributes
     */
    public static Bytes data(Instruction instruction, ByteOrder machine) {
        if (!instruction.hasData()) {
            return Bytes.of();
        }
        try {
            return data(instruction, new MessageWriter(USUAL, machine));
        } catch (BufferOverflowException e) {
            return data(instruction, new MessageWriter(LARGEST, machine));
        }
    }

    private static Bytes data(Instruction instruction, MessageWriter writer) {
        writer.begin(0, 0, 0);
        int start = writer.length();
        AttributeSink sink = new AttributeSink(writer);
        instruction.write(sink);
        writer.end();
        ByteBuffer all = writer.datagram();
        byte[] data = new byte[all.limit() - start];
        all.get(start, data);
        return Bytes.of(data);
    }
}
