// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.nio.ByteOrder;
import java.util.List;

/**
 * Instructions as {@code nft --debug=netlink} prints them, by libnftnl 1.2.4: such as {@code [ payload load 4b @ network
 * header + 12 => reg 1 ]}. Instructions that this libnftnl does not have are printed as by 1.2.9. Names and prefixes are
 * printed as they are: for a terminal, see {@link dev.nfkit.PrintableText}.
 */
public final class InstructionText {
    private InstructionText() {}

    /**
     * The text of an instruction.
     *
     * @param instruction the instruction
     * @param order the byte order of the host, in which libnftnl prints constants
     * @return a line with its brackets
     */
    public static String of(Instruction instruction, ByteOrder order) {
        return new TextLine(order).instruction(instruction).toString();
    }

    /**
     * The text of each instruction.
     *
     * @param instructions the instructions
     * @param order the byte order of the host
     * @return the lines
     */
    public static List<String> lines(List<? extends Instruction> instructions, ByteOrder order) {
        return instructions.stream().map(each -> of(each, order)).toList();
    }
}
