// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Verdict;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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
            at = rules(chain, at, frame, visits);
            int verdict = frame.verdict;
            if (frame.packet.traced) {
                visits.traced(
                        chain, verdict == Verdict.NFT_CONTINUE ? null : chain.rules()[at - 1], verdict, target(frame));
            }
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

    private static @Nullable CodeChain target(Frame frame) {
        boolean jumps = frame.verdict == Verdict.NFT_JUMP || frame.verdict == Verdict.NFT_GOTO;
        return jumps ? (CodeChain) frame.target : null;
    }

    /** Executes rules until one of them decides. Returns the place of the next one. */
    private static int rules(CodeChain chain, int first, Frame frame, Visits visits) {
        CodeRule[] rules = chain.rules();
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
                if (frame.packet.traced) {
                    visits.traced(chain, rule, frame.verdict, null);
                }
            }
        }
        return at;
    }
}
