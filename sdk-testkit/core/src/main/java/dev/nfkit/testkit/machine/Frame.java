package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Verdict;
import org.jspecify.annotations.Nullable;

/** The state of an evaluation: registers, verdict, packet. */
public final class Frame {
    public final Registers16 registers = new Registers16();
    public final PacketState packet;
    public final Surroundings around;
    public int verdict = Verdict.NFT_CONTINUE;

    public @Nullable JumpTarget target;

    Frame(PacketState packet, Surroundings around) {
        this.packet = packet;
        this.around = around;
    }

    /** Ends the rule without a match. */
    public void mismatch() {
        verdict = Verdict.NFT_BREAK;
    }
}
