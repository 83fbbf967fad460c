// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Verdict;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The state of an evaluation: registers, verdict, packet, and the chains to return to. One packet uses one of them. */
public final class Frame {
    private static final int STACK = 16;

    public final Registers16 registers = new Registers16();
    public final PacketState packet;
    public final Surroundings around;
    public int verdict = Verdict.NFT_CONTINUE;

    public @Nullable JumpTarget target;

    private @Nullable JumpTarget[] chains = {};
    private int[] positions = {};
    private int depth;

    /** Creates the state for a packet. */
    public Frame(PacketState packet, Surroundings around) {
        this.packet = packet;
        this.around = around;
    }

    /** Ends the rule without a match. */
    public void mismatch() {
        verdict = Verdict.NFT_BREAK;
    }

    void begin() {
        depth = 0;
        packet.parseIfChanged();
    }

    void push(JumpTarget chain, int position) {
        if (chains.length == 0) {
            chains = new @Nullable JumpTarget[STACK];
            positions = new int[STACK];
        }
        chains[depth] = chain;
        positions[depth++] = position;
    }

    boolean inBase() {
        return depth == 0;
    }

    JumpTarget pop() {
        return Objects.requireNonNull(chains[--depth]);
    }

    /** Where the chain that was popped goes on. */
    int position() {
        return positions[depth];
    }
}
