// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.health;

/** How well a session works, from best to worst. */
public enum HealthState {
    /** Nothing to report. */
    OK,
    /** Something needs attention, but no packet is lost because of it now. */
    WARNING,
    /** Packets or events are lost, verdicts have no effect, or the session has ended. */
    PROBLEM
}
