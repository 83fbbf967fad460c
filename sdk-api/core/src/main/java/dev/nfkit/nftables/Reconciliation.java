// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.util.Optional;
import java.util.OptionalLong;

/** A ruleset that was reconciled: what was changed. Immutable. */
public final class Reconciliation {
    private final Difference difference;
    private final Optional<Commit> commit;
    private final int attempts;

    Reconciliation(Difference difference, Optional<Commit> commit, int attempts) {
        this.difference = difference;
        this.commit = commit;
        this.attempts = attempts;
    }

    /**
     * What was changed.
     *
     * @return the difference; empty if the ruleset was as desired
     */
    public Difference difference() {
        return difference;
    }

    /**
     * The state of the ruleset that the changes made.
     *
     * @return the generation's id, 1 to 2³²−1; empty if nothing was changed
     */
    public OptionalLong generation() {
        return commit.isPresent() ? OptionalLong.of(commit.get().generation()) : OptionalLong.empty();
    }

    /**
     * The number of times that the ruleset was read and compared.
     *
     * @return 1 if no other process interfered
     */
    public int attempts() {
        return attempts;
    }

    /**
     * The number of changes and attempts.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "Reconciliation(" + difference + ", " + attempts + (attempts == 1 ? " attempt)" : " attempts)");
    }
}
