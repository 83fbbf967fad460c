// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.health.HealthCheck;
import dev.nfkit.health.HealthFinding;
import dev.nfkit.health.HealthState;
import dev.nfkit.health.SessionHealth;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** A session in the health endpoint of Spring Boot. */
public final class QueueHealthIndicator implements HealthIndicator {
    private final HealthCheck check;

    /** An indicator of a check, which it does not make anew for each request. */
    public QueueHealthIndicator(HealthCheck check) {
        this.check = check;
    }

    @Override
    public Health health() {
        SessionHealth now = check.look();
        Health.Builder health = now.state() == HealthState.PROBLEM ? Health.down() : Health.up();
        for (HealthFinding finding : now.findings()) {
            health.withDetail(finding.code(), finding.reason() + "; " + finding.cure());
        }
        return health.build();
    }
}
