// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import java.util.Objects;

/**
 * Events or connections that were lost, in the place of the records that they would have made.
 *
 * <p>After a loss the meter compares its flows with the kernel's table. So of the lost events it knows which connections
 * began without it ({@code begun}) and which ended without it ({@code ended}); each of the others stood for half of a
 * connection of which neither the beginning nor the end was seen ({@code unseen}).
 *
 * @param host the host
 * @param place where it was lost
 * @param since when nothing was lost yet
 * @param until when the meter was in step with the table again
 * @param events the number of lost events, as the kernel counts them; 0 if it lost events without counting them
 * @param begun connections in the table whose beginning was lost; their flows have {@link FlowDoubt#BEGINNING_UNSEEN}
 * @param ended flows whose end was lost; their last records have {@link FlowEnd#LOST_SIGHT}
 * @param unseen connections that left no record at all: exact if the meter receives no events of changes, or else at
 *     most this many
 */
public record FlowLoss(
        String host, Place place, FlowTime since, FlowTime until, long events, long begun, long ended, long unseen)
        implements FlowReport {
    /** Where something was lost. */
    public enum Place {
        /** The receive buffer of the socket was full, or the kernel had no memory for an event. */
        SOCKET,
        /** The meter was not running. */
        METER_ABSENT,
        /** The spool before the broker had reached its limit, and its oldest records were dropped. */
        SPOOL,
        /** The broker lost what it had acknowledged. */
        BROKER
    }

    /**
     * Verifies the numbers.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public FlowLoss {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(place, "place");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(until, "until");
        if (events < 0 || begun < 0 || ended < 0 || unseen < 0) {
            throw new IllegalArgumentException("events, begun, ended and unseen are from 0, not " + events + ", "
                    + begun + ", " + ended + ", " + unseen);
        }
    }
}
