// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The verdicts of a recording that the kernel may still refuse. A refusal applies to the last matching verdict that was
 * not refused before. Each verdict is examined a bounded number of times, whatever the recording contains.
 */
final class SentVerdicts {
    /** The parts of a verdict that an error quotes. */
    private record Quotation(long sequence, int queue, long id, boolean batch) {
        static Quotation of(long sequence, TracedVerdict verdict) {
            return new Quotation(sequence, verdict.queue(), verdict.id(), verdict.batch());
        }
    }

    private final Map<Long, Deque<TracedVerdict>> bySequence = new HashMap<>();
    private final Map<Quotation, Deque<TracedVerdict>> byQuotation = new HashMap<>();

    /** Adds a verdict that was sent. */
    void add(TracedVerdict verdict) {
        bySequence
                .computeIfAbsent(verdict.sequence(), any -> new ArrayDeque<>(1))
                .push(verdict);
        byQuotation
                .computeIfAbsent(Quotation.of(verdict.sequence(), verdict), any -> new ArrayDeque<>(1))
                .push(verdict);
    }

    /**
     * Finds the verdict that an error refuses.
     *
     * @param sequence the sequence number in the error
     * @param quoted the verdict that the error quotes, or null if it quotes only the header
     * @return the verdict, or null if the recording has no matching one
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
