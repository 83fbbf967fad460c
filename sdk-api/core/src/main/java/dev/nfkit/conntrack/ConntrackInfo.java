// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

/**
 * A packet's place in its connection ({@code enum ip_conntrack_info} in {@code linux/netfilter/nf_conntrack_common.h}).
 */
public enum ConntrackInfo {
    /** A packet of a connection that was answered, in the original direction. */
    ESTABLISHED(0),
    /** Begins a connection that another expected, or is an ICMP error about one; in the original direction. */
    RELATED(1),
    /** Begins a connection, or is another packet before its first answer. */
    NEW(2),
    /** A packet of a connection, in the reply direction. */
    ESTABLISHED_REPLY(3),
    /** As {@link #RELATED}, in the reply direction. */
    RELATED_REPLY(4),
    /** As {@link #NEW}, in the reply direction; the kernel does not set it. */
    NEW_REPLY(5),
    /** Not tracked, by a rule. */
    UNTRACKED(7);

    private static final int REPLY = 3;

    private final int number;

    ConntrackInfo(int number) {
        this.number = number;
    }

    /**
     * The kernel's number.
     *
     * @return 0 to 7
     */
    public int number() {
        return number;
    }

    /**
     * The direction of the packet.
     *
     * @return the direction; {@link Direction#ORIGINAL} if the packet is not tracked
     */
    public Direction direction() {
        return number >= REPLY && this != UNTRACKED ? Direction.REPLY : Direction.ORIGINAL;
    }

    /**
     * The state without the direction.
     *
     * @return {@link #NEW}, {@link #ESTABLISHED}, {@link #RELATED} or {@link #UNTRACKED}
     */
    public ConntrackInfo state() {
        return switch (this) {
            case ESTABLISHED, ESTABLISHED_REPLY -> ESTABLISHED;
            case RELATED, RELATED_REPLY -> RELATED;
            case NEW, NEW_REPLY -> NEW;
            case UNTRACKED -> UNTRACKED;
        };
    }

    /**
     * The constant of a number.
     *
     * @param number the kernel's number
     * @return the constant; {@link #UNTRACKED} for a number without a name, because the kernel then has no connection
     */
    public static ConntrackInfo of(long number) {
        return number >= 0 && number <= NEW_REPLY.number ? values()[(int) number] : UNTRACKED;
    }
}
