// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueQueue;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.samples.cli.arguments.OptionNames;
import dev.nfkit.samples.cli.arguments.SessionArguments;
import dev.nfkit.samples.cli.arguments.Span;
import dev.nfkit.samples.cli.run.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of NFQUEUE queues. */
final class QueueArguments {
    /** The verdict for packets that no rule decides. */
    enum Otherwise {
        ACCEPT,
        DROP
    }

    @Option(
            names = "--default",
            paramLabel = "accept|drop",
            defaultValue = "ACCEPT",
            description = "The verdict for packets that no rule decides, or that could not be decided (accept).")
    private Otherwise otherwise = Otherwise.ACCEPT;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "The maximum number of waiting packets, including delayed ones (1024).")
    private @Nullable Integer maximumLength;

    @Option(
            names = "--fail-open",
            description = "Accept packets without a decision if the queue is full; by default the kernel drops them.")
    private boolean failOpen;

    @Option(
            names = "--gso",
            description = "Receive large segments of up to 64 KiB unsplit, instead of letting the kernel split them.")
    private boolean gso;

    @Option(names = "--secctx", description = "Also receive each packet's security context, if the kernel supports it.")
    private boolean securityContext;

    @Option(
            names = "--deadline",
            paramLabel = "TIME",
            description = "Give packets the default verdict if they are not decided within TIME, such as 500ms.")
    private @Nullable String deadline;

    /** The verdict for packets that no rule decides. */
    Verdict otherwise() {
        return otherwise == Otherwise.DROP ? Verdict.DROP : Verdict.ACCEPT;
    }

    NfqueueOptions options(
            List<Integer> numbers, SessionArguments session, List<Rule> rules, Optional<PacketRule> installed)
            throws Failure {
        int copyRange = session.copyRange();
        NfqueueOptions.Builder options = NfqueueOptions.builder().failureVerdict(otherwise());
        try {
            session.receiveBuffer().ifPresent(options::receiveBuffer);
            for (int number : numbers) {
                options.queue(number, queue -> configure(queue, copyRange, session.conntrack()));
            }
            if (deadline != null) {
                options.deadline(deadline(deadline, rules));
            }
            installed.ifPresent(options::rule);
            return options.build();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(OptionNames.in(e.getMessage(), "-B"), e);
        }
    }

    private void configure(NfqueueQueue.Builder queue, int copyRange, boolean conntrack) {
        queue.copyRange(copyRange)
                .conntrack(conntrack)
                .failOpen(failOpen)
                .gso(gso)
                .securityContext(securityContext)
                .uidGid(true);
        if (maximumLength != null) {
            queue.maximumLength(maximumLength);
        }
    }

    private static Duration deadline(String text, List<Rule> rules) throws Failure {
        long nanos;
        try {
            nanos = Span.parse(text);
        } catch (NumberFormatException e) {
            throw Failure.usage("--deadline " + text + ": expected a time such as 500ms or 2s");
        }
        for (Rule rule : rules) {
            if (rule.action() instanceof Action.Delay delay && delay.nanos() + delay.jitterNanos() >= nanos) {
                throw Failure.usage("--deadline " + text + ": " + rule + " takes longer");
            }
        }
        return Duration.ofNanos(nanos);
    }
}
