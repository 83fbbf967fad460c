// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.health;

import java.util.Comparator;
import java.util.List;

/**
 * How well a session works, and why. Immutable.
 */
public record SessionHealth(List<HealthFinding> findings) {
    /**
     * The health that findings show.
     *
     * @param findings the findings, in any order
     */
    public SessionHealth {
        findings = findings.stream()
                .sorted(Comparator.comparing(HealthFinding::state).reversed())
                .toList();
    }

    /**
     * What was found.
     *
     * @return the findings, the worst first; empty if all is well
     */
    @Override
    public List<HealthFinding> findings() {
        return findings;
    }

    /**
     * The state of the worst finding.
     *
     * @return OK if there is none
     */
    public HealthState state() {
        return findings.isEmpty() ? HealthState.OK : findings.get(0).state();
    }
}
