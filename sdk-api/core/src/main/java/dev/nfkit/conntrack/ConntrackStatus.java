// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import java.util.EnumSet;
import java.util.Set;

/**
 * A bit of a connection's status ({@code enum ip_conntrack_status} in {@code linux/netfilter/nf_conntrack_common.h}).
 */
public enum ConntrackStatus {
    /** Another connection expected it. */
    EXPECTED(0),
    /** Packets went both ways. */
    SEEN_REPLY(1),
    /** It is kept if the table is full. */
    ASSURED(2),
    /** It is in the table. */
    CONFIRMED(3),
    /** Its source is translated. */
    SRC_NAT(4),
    /** Its destination is translated. */
    DST_NAT(5),
    /** Its TCP sequence numbers are adjusted. */
    SEQ_ADJUST(6),
    /** Source translation is decided, possibly for none. */
    SRC_NAT_DONE(7),
    /** Destination translation is decided, possibly for none. */
    DST_NAT_DONE(8),
    /** It is being removed. */
    DYING(9),
    /** Packets do not renew its timeout. */
    FIXED_TIMEOUT(10),
    /** A template, not a connection. */
    TEMPLATE(11),
    /** A duplicate of it was merged; in older kernels: not tracked. */
    NAT_CLASH(12),
    /** A rule or a request gave it its helper. */
    HELPER(13),
    /** A flow table handles it. */
    OFFLOAD(14),
    /** A device handles it. */
    HW_OFFLOAD(15);

    private final long bit;

    ConntrackStatus(int place) {
        bit = 1L << place;
    }

    /**
     * The bit.
     *
     * @return a number with one bit set, as {@code IPS_*}
     */
    public long bit() {
        return bit;
    }

    /**
     * The bits that are set in a status; those without a name are omitted.
     *
     * @param status 0 to 2³²−1
     * @return a new set
     */
    public static Set<ConntrackStatus> of(long status) {
        EnumSet<ConntrackStatus> set = EnumSet.noneOf(ConntrackStatus.class);
        for (ConntrackStatus bit : values()) {
            if ((status & bit.bit) != 0) {
                set.add(bit);
            }
        }
        return set;
    }

    /**
     * The status that has some bits set.
     *
     * @param bits the bits
     * @return 0 to 2³²−1
     */
    public static long bits(ConntrackStatus... bits) {
        long status = 0;
        for (ConntrackStatus bit : bits) {
            status |= bit.bit;
        }
        return status;
    }
}
