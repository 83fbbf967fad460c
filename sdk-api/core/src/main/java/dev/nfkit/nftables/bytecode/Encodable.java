// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** What an instruction writes and prints. {@link Instruction} is the only one; what writes and prints needs only this. */
public interface Encodable {
    /**
     * The kernel's name of the instruction.
     *
     * @return {@code NFTA_EXPR_NAME}
     */
    String name();

    /**
     * Whether it has {@code NFTA_EXPR_DATA}.
     *
     * @return false if there is nothing to write
     */
    default boolean hasData() {
        return true;
    }

    /**
     * Writes the attributes in the order in which the kernel dumps them.
     *
     * @param to the target, inside {@code NFTA_EXPR_DATA}
     */
    void write(AttributeSink to);

    /**
     * Prints what libnftnl prints between the name and the closing bracket.
     *
     * @param line the target
     */
    void print(TextLine line);
}
