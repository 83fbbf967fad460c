// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

/** What a flow record does not know for certain. */
public enum FlowDoubt {
    /**
     * The beginning was not seen: the connection is older than the meter, or the event of its beginning was lost. The
     * start is the kernel's if it keeps timestamps, else the time at which the meter first saw the connection.
     */
    BEGINNING_UNSEEN,
    /** The end was not seen: the totals are those of the last dump of the table, and the end is the time of the loss. */
    END_UNSEEN,
    /** Events of changes were lost while the connection was open: mark and labels may have had other values. */
    CHANGES_LOST,
    /** The kernel counts no packets and bytes of this connection ({@code net.netfilter.nf_conntrack_acct}). */
    NOT_COUNTED
}
