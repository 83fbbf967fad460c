package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Verdict;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Executes chains ({@code nft_do_chain}). */
public final class Interpreter {
    private static final int STACK = 16;
    private static final int VERDICT_MASK = 0xff;
    private static final int NF_STOLEN = 2;

    private Interpreter() {}

    /**
     * Executes a base chain.
     *
     * @return {@code NF_*} with its parameters, or {@code NFT_CONTINUE} if the policy decides
     */
    public static int run(CodeChain base, PacketState packet, Surroundings around, Visits visits) {
        Frame frame = new Frame(packet, around);
        @Nullable CodeChain[] chains = new @Nullable CodeChain[STACK];
        int[] positions = new int[STACK];
        int depth = 0;
        CodeChain chain = base;
        int at = 0;
        while (true) {
            CodeRule[] rules = chain.rules();
            frame.verdict = Verdict.NFT_CONTINUE;
            while (at < rules.length) {
                CodeRule rule = rules[at++];
                frame.verdict = Verdict.NFT_CONTINUE;
                for (Operation operation : rule.operations()) {
                    operation.run(frame);
                    if (frame.verdict != Verdict.NFT_CONTINUE) {
                        break;
                    }
                }
                visits.visited(chain, rule, frame.verdict != Verdict.NFT_BREAK);
                if (frame.verdict == Verdict.NFT_BREAK) {
                    frame.verdict = Verdict.NFT_CONTINUE;
                } else if (frame.verdict != Verdict.NFT_CONTINUE) {
                    break;
                }
            }
            int verdict = frame.verdict;
            if (verdict >= 0 && (verdict & VERDICT_MASK) <= Verdict.NF_QUEUE) {
                if ((verdict & VERDICT_MASK) == NF_STOLEN) {
                    throw new NotModelled("a verdict that steals packets");
                }
                return verdict;
            }
            if (verdict == Verdict.NFT_JUMP || verdict == Verdict.NFT_GOTO) {
                if (verdict == Verdict.NFT_JUMP) {
                    chains[depth] = chain;
                    positions[depth++] = at;
                }
                chain = (CodeChain) Objects.requireNonNull(frame.target);
                at = 0;
            } else if (depth > 0) {
                chain = Objects.requireNonNull(chains[--depth]);
                at = positions[depth];
            } else {
                return Verdict.NFT_CONTINUE;
            }
        }
    }
}
