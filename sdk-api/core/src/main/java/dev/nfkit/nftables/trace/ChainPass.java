// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.nftables.TableId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A packet's pass through one base chain and the chains that it calls. Immutable.
 *
 * @param table the table
 * @param baseChain the name of the base chain; empty if it is not known, because the trace began in a chain that it calls
 * @param place where the base chain is; empty if that is not known
 * @param description the first step, which has the headers, interfaces and connection at that time; empty if it was lost
 * @param steps what happened, in order; rules that did not match are not traced
 * @param omittedSteps the number of further steps, which are not kept
 * @param verdict what the base chain decided; empty if that is not known
 */
public record ChainPass(
        TableId table,
        Optional<String> baseChain,
        Optional<ChainPlace> place,
        Optional<TraceStep> description,
        List<PathStep> steps,
        long omittedSteps,
        Optional<TraceVerdict> verdict) {
    /** Copies the steps. */
    public ChainPass {
        steps = List.copyOf(steps);
    }

    /**
     * The step that decided.
     *
     * @return the last step, if its verdict is that of the base chain
     */
    public Optional<PathStep> deciding() {
        return verdict.isPresent() && !steps.isEmpty() ? Optional.of(steps.get(steps.size() - 1)) : Optional.empty();
    }

    /**
     * The pass in a line, safe to print.
     *
     * @return table, steps and verdict
     */
    @Override
    public String toString() {
        return table + " " + steps.stream().map(PathStep::toString).collect(Collectors.joining(", "))
                + (omittedSteps > 0 ? " and " + omittedSteps + " more" : "")
                + (verdict.isPresent() ? "" : " (unfinished)");
    }
}
