package dev.nfkit.samples.cli;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueQueue;
import dev.nfkit.nfqueue.Verdict;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What can be said of NFQUEUE queues. */
final class QueueArguments {
    /** What becomes of packets that no rule takes. */
    enum Otherwise {
        ACCEPT,
        DROP
    }

    @Option(
            names = "--default",
            paramLabel = "accept|drop",
            defaultValue = "ACCEPT",
            description = "What becomes of packets that no rule takes, or that could not be decided (accept).")
    private Otherwise otherwise = Otherwise.ACCEPT;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Let N packets wait at most (1024), those that are delayed included.")
    private @Nullable Integer maximumLength;

    @Option(
            names = "--fail-open",
            description = "Let packets pass undecided that find the queue full; else the kernel drops them.")
    private boolean failOpen;

    @Option(
            names = "--gso",
            description = "Take large segments as they are, up to 64 KiB, instead of having the kernel cut them.")
    private boolean gso;

    @Option(names = "--secctx", description = "Have each packet's security context sent too, where the kernel can.")
    private boolean securityContext;

    @Option(
            names = "--deadline",
            paramLabel = "TIME",
            description = "Give packets the default verdict that are not decided in TIME, such as 500ms.")
    private @Nullable String deadline;

    /** The verdict of packets that no rule takes. */
    Verdict otherwise() {
        return otherwise == Otherwise.DROP ? Verdict.DROP : Verdict.ACCEPT;
    }

    NfqueueOptions options(List<Integer> numbers, SessionArguments session, List<Rule> rules) throws Failure {
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
            return options.build();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e.getMessage());
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
            throw Failure.usage("--deadline " + text + ": a span of time such as 500ms or 2s is wanted");
        }
        for (Rule rule : rules) {
            if (rule.action() instanceof Action.Delay delay && delay.nanos() + delay.jitterNanos() >= nanos) {
                throw Failure.usage("--deadline " + text + ": " + rule + " takes longer");
            }
        }
        return Duration.ofNanos(nanos);
    }
}
