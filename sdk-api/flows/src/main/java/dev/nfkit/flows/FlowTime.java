// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import java.time.Instant;

/**
 * A moment in a flow's life.
 *
 * @param epochNanos nanoseconds since 1970
 * @param source which clock gave it
 */
public record FlowTime(long epochNanos, Source source) {
    private static final long NANOS = 1_000_000_000;

    /** Which clock gave a time. */
    public enum Source {
        /** The kernel, when it happened ({@code net.netfilter.nf_conntrack_timestamp}, or the event's own time). */
        KERNEL,
        /** The meter, when it received the event or noticed the change. */
        RECEIPT
    }

    /**
     * A time by the kernel's clock.
     *
     * @param epochNanos nanoseconds since 1970
     * @return the time
     */
    public static FlowTime byKernel(long epochNanos) {
        return new FlowTime(epochNanos, Source.KERNEL);
    }

    /**
     * A time by the meter's clock.
     *
     * @param epochNanos nanoseconds since 1970
     * @return the time
     */
    public static FlowTime atReceipt(long epochNanos) {
        return new FlowTime(epochNanos, Source.RECEIPT);
    }

    /**
     * The time as an instant.
     *
     * @return the same moment
     */
    public Instant instant() {
        return Instant.ofEpochSecond(Math.floorDiv(epochNanos, NANOS), Math.floorMod(epochNanos, NANOS));
    }
}
