// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Instruction;
import java.util.List;

/**
 * The instructions of a rule.
 *
 * @param instructions in the order of their execution
 * @param origins for each instruction, the index of the statement that it was compiled from
 * @param sets the sets that the rule contains; they must be created before it, in the same batch
 */
public record CompiledRule(List<Instruction> instructions, List<Integer> origins, List<CompiledSet> sets) {
    /** Copies the lists. */
    public CompiledRule {
        instructions = List.copyOf(instructions);
        origins = List.copyOf(origins);
        sets = List.copyOf(sets);
    }
}
