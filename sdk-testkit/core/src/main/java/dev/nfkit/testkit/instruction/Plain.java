// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.Operation;
import java.util.function.Consumer;

/** An instruction without a state. */
final class Plain extends Operation {
    private final Consumer<Frame> body;

    Plain(Instruction instruction, Consumer<Frame> body) {
        super(instruction);
        this.body = body;
    }

    @Override
    public void run(Frame frame) {
        body.accept(frame);
    }
}
