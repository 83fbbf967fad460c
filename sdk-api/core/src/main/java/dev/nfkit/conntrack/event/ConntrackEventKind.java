// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

/**
 * Kinds of events; each kind is a multicast group ({@code enum nfnetlink_groups} in {@code
 * linux/netfilter/nfnetlink.h}).
 */
public enum ConntrackEventKind {
    /** A connection is new ({@code NFNLGRP_CONNTRACK_NEW}). */
    NEW(1),
    /** A connection has changed ({@code NFNLGRP_CONNTRACK_UPDATE}). */
    UPDATED(2),
    /** A connection has ended ({@code NFNLGRP_CONNTRACK_DESTROY}). */
    DESTROYED(3),
    /** A connection is expected ({@code NFNLGRP_CONNTRACK_EXP_NEW}). */
    EXPECTATION_NEW(4),
    /** An expectation has changed ({@code NFNLGRP_CONNTRACK_EXP_UPDATE}). */
    EXPECTATION_UPDATED(5),
    /** An expectation has ended ({@code NFNLGRP_CONNTRACK_EXP_DESTROY}). */
    EXPECTATION_DESTROYED(6);

    private final int group;

    ConntrackEventKind(int group) {
        this.group = group;
    }

    /**
     * The multicast group.
     *
     * @return its number
     */
    public int group() {
        return group;
    }

    /** Whether it is about expectations. */
    boolean ofExpectations() {
        return group >= EXPECTATION_NEW.group;
    }
}
