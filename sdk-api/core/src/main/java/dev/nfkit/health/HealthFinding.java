// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.health;

import java.util.Objects;

/**
 * What a look at a session found, and what helps. Immutable.
 */
public record HealthFinding(String code, HealthState state, String reason, String cure) {
    /**
     * A finding.
     *
     * @param code a name that stays the same, such as {@code queue-full}, for alarms
     * @param state how bad it is
     * @param reason what was found, with numbers, in one sentence
     * @param cure what helps, in one sentence
     */
    public HealthFinding {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(cure, "cure");
    }

    /**
     * A name that stays the same, for alarms.
     *
     * @return words joined by hyphens, such as {@code queue-full}
     */
    @Override
    public String code() {
        return code;
    }

    /**
     * How bad it is.
     *
     * @return WARNING or PROBLEM
     */
    @Override
    public HealthState state() {
        return state;
    }

    /**
     * What was found.
     *
     * @return one sentence without a full stop
     */
    @Override
    public String reason() {
        return reason;
    }

    /**
     * What helps.
     *
     * @return one sentence without a full stop
     */
    @Override
    public String cure() {
        return cure;
    }
}
