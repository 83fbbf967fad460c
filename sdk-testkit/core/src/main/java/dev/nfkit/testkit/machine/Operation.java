// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Instruction;

/** One instruction of a rule, an element or an object, with its state. Requires the clock's lock. */
public abstract class Operation {
    private final Instruction instruction;

    protected Operation(Instruction instruction) {
        this.instruction = instruction;
    }

    /** Executes it: changes registers, the packet or the verdict. */
    public abstract void run(Frame frame);

    /** The instruction as a dump shows it, with its present state. */
    public Instruction dumped() {
        return instruction;
    }

    /** Takes the parameters of another instruction and keeps the state, as a named object does; most kinds ignore it. */
    public void update(Instruction changed) {}

    /** Begins the state again. */
    public void reset() {}
}
