package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Verdict;
import java.util.Objects;

/** Executes chains ({@code nft_do_chain}). */
public final class Interpreter {
    private static final int VERDICT_MASK = 0xff;
    private static final int NF_STOLEN = 2;

    private Interpreter() {}

    /**
     * Executes a base chain.
     *
     * @return {@code NF_*} with its parameters, or {@code NFT_CONTINUE} if the policy decides
     */
    public static int run(CodeChain base, Frame frame, Visits visits) {
        frame.begin();
        CodeChain chain = base;
        int at = 0;
        while (true) {
            at = rules(chain.rules(), at, frame, visits);
            int verdict = frame.verdict;
            if (verdict >= 0 && (verdict & VERDICT_MASK) <= Verdict.NF_QUEUE) {
                if ((verdict & VERDICT_MASK) == NF_STOLEN) {
                    throw new NotModelled("a verdict that steals packets");
                }
                return verdict;
            }
            if (verdict == Verdict.NFT_JUMP || verdict == Verdict.NFT_GOTO) {
                if (verdict == Verdict.NFT_JUMP) {
                    frame.push(chain, at);
                }
                chain = (CodeChain) Objects.requireNonNull(frame.target);
                at = 0;
            } else if (frame.inBase()) {
                return Verdict.NFT_CONTINUE;
            } else {
                chain = (CodeChain) frame.pop();
                at = frame.position();
            }
        }
    }

    /** Executes rules until one of them decides. Returns the place of the next one. */
    private static int rules(CodeRule[] rules, int first, Frame frame, Visits visits) {
        int at = first;
        frame.verdict = Verdict.NFT_CONTINUE;
        while (at < rules.length) {
            CodeRule rule = rules[at++];
            for (Operation operation : rule.operations()) {
                operation.run(frame);
                if (frame.verdict != Verdict.NFT_CONTINUE) {
                    break;
                }
            }
            if (frame.verdict == Verdict.NFT_BREAK) {
                frame.verdict = Verdict.NFT_CONTINUE;
                visits.visited(rule, false);
            } else {
                visits.visited(rule, true);
                if (frame.verdict != Verdict.NFT_CONTINUE) {
                    return at;
                }
            }
        }
        return at;
    }
}
