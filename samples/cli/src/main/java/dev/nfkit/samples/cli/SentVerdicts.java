package dev.nfkit.samples.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The verdicts of a recording that the kernel may still refuse. A refusal is for the last one that it fits and that was not
 * refused before. Each is looked at a few times, however many there are and whatever the recording holds.
 */
final class SentVerdicts {
    /** What an error quotes of a verdict, as a whole. */
    private record Quotation(long sequence, int queue, long id, boolean batch) {
        static Quotation of(long sequence, TracedVerdict verdict) {
            return new Quotation(sequence, verdict.queue(), verdict.id(), verdict.batch());
        }
    }

    private final Map<Long, Deque<TracedVerdict>> bySequence = new HashMap<>();
    private final Map<Quotation, Deque<TracedVerdict>> byQuotation = new HashMap<>();

    /** Takes a verdict that was sent. */
    void add(TracedVerdict verdict) {
        bySequence
                .computeIfAbsent(verdict.sequence(), any -> new ArrayDeque<>(1))
                .push(verdict);
        byQuotation
                .computeIfAbsent(Quotation.of(verdict.sequence(), verdict), any -> new ArrayDeque<>(1))
                .push(verdict);
    }

    /**
     * Finds which verdict an error refuses.
     *
     * @param sequence the sequence number that it names
     * @param quoted the verdict that it quotes, or null where it quotes its header only
     * @return the verdict, or null where the recording has none that fits
     */
    @Nullable
    TracedVerdict refused(long sequence, @Nullable TracedVerdict quoted) {
        return last(quoted == null ? bySequence.get(sequence) : byQuotation.get(Quotation.of(sequence, quoted)));
    }

    private static @Nullable TracedVerdict last(@Nullable Deque<TracedVerdict> verdicts) {
        if (verdicts == null) {
            return null;
        }
        while (!verdicts.isEmpty() && verdicts.element().refused()) {
            verdicts.remove();
        }
        return verdicts.peek();
    }
}
