// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

/** Why a flow record was made: how its connection ended, or that it goes on. */
public enum FlowEnd {
    /** The protocol closed the connection: TCP after FIN or RST, SCTP after its shutdown. */
    CLOSED,
    /** The kernel removed the connection because no packet came for the time that its state allows. */
    TIMED_OUT,
    /**
     * The kernel removed the connection before its time, as it does with connections of one direction when the table is
     * full ({@code early_drop}).
     */
    EVICTED,
    /** A program removed the connection, such as {@code conntrack -D}. */
    DELETED,
    /** The connection goes on: the record is that of an interval ({@link FlowMeterOptions#activeTimeout}). */
    ACTIVE,
    /** The connection is no longer in the table, and its end was not seen because events were lost. */
    LOST_SIGHT
}
