// SPDX-License-Identifier: Apache-2.0
/**
 * The health of sessions, for readiness checks and alarms. Start with {@link dev.nfkit.health.HealthCheck}.
 */
@NullMarked
package dev.nfkit.health;

import org.jspecify.annotations.NullMarked;
