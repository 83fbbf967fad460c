package dev.nfkit.nftables.bytecode;

import dev.nfkit.wire.MessageWriter;
import java.util.List;

/**
 * Writes instructions ({@code NFTA_LIST_*}, {@code NFTA_EXPR_*}) as the kernel accepts them. Nests have {@code
 * NLA_F_NESTED}, as libnftnl's. Attributes are those of the kernel's dumps in the same order, except for some that it
 * dumps and refuses: flags of 0 of {@code osf} and of {@code exthdr} that writes, and a timeout of 0 of {@code dynset}.
 */
public final class InstructionWriter {
    private InstructionWriter() {}

    /**
     * Writes an attribute that holds a list of instructions, such as {@code NFTA_RULE_EXPRESSIONS}.
     *
     * @param writer the target
     * @param type the attribute's number
     * @param instructions the instructions, in order
     * @throws java.nio.BufferOverflowException if the buffer is full
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
     * @throws java.nio.BufferOverflowException if the buffer is full
     */
    public static void write(MessageWriter writer, int type, Instruction instruction) {
        new AttributeSink(writer).element(type, instruction);
    }
}
