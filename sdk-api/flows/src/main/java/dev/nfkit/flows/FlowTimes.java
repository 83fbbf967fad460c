// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/** The times of flows: the kernel's where it sent them, else those of the meter's clock. */
final class FlowTimes {
    private final InstantSource clock;

    FlowTimes(InstantSource clock) {
        this.clock = clock;
    }

    /** The time of the meter's clock. */
    FlowTime now() {
        Instant now = clock.instant();
        return FlowTime.atReceipt(TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano());
    }

    /** When a connection began, as an entry of it has it. */
    FlowTime start(ConntrackEntry entry, boolean isBeginning) {
        if (entry.hasStart()) {
            return FlowTime.byKernel(entry.startNanos());
        }
        return isBeginning ? event(entry) : now();
    }

    /** When a connection ended. */
    FlowTime end(ConntrackEntry entry) {
        return entry.hasStop() ? FlowTime.byKernel(entry.stopNanos()) : event(entry);
    }

    private FlowTime event(ConntrackEntry entry) {
        return entry.has(ConntrackAttribute.TIMESTAMP_EVENT) ? FlowTime.byKernel(entry.eventNanos()) : now();
    }

    /** A time, or an earlier one if a clock jumped back. */
    static FlowTime notBefore(FlowTime earlier, FlowTime time) {
        return time.epochNanos() < earlier.epochNanos() ? earlier : time;
    }
}
