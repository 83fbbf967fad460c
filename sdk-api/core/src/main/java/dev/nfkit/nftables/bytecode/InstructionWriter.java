package dev.nfkit.nftables.bytecode;

import dev.nfkit.wire.MessageWriter;
import java.util.List;

/** Writes instructions ({@code NFTA_LIST_*}, {@code NFTA_EXPR_*}). Nests have {@code NLA_F_NESTED}, as libnftnl's. */
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
