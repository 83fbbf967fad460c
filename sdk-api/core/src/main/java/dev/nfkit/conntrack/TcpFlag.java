// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import java.util.EnumSet;
import java.util.Set;

/**
 * Flags of one direction of a tracked TCP connection ({@code IP_CT_TCP_FLAG_*} in {@code
 * linux/netfilter/nf_conntrack_tcp.h}).
 */
public enum TcpFlag {
    /** The sender announced window scaling. */
    WINDOW_SCALE(0x01),
    /** The sender permits selective acknowledgements. */
    SACK_PERM(0x02),
    /** This direction sent the first FIN. */
    CLOSE_INIT(0x04),
    /** Packets outside of the window are tracked, too; without it they are INVALID. */
    BE_LIBERAL(0x08),
    /** Data is unacknowledged. */
    DATA_UNACKNOWLEDGED(0x10),
    /** The largest acknowledgement is known. */
    MAXACK_SET(0x20),
    /** A challenge ACK is expected. */
    EXP_CHALLENGE_ACK(0x40),
    /** Both sides sent SYN. */
    SIMULTANEOUS_OPEN(0x80);

    private final int bit;

    TcpFlag(int bit) {
        this.bit = bit;
    }

    /**
     * The bit.
     *
     * @return a number with one of the low 8 bits set
     */
    public int bit() {
        return bit;
    }

    /**
     * The flags that are set in a number.
     *
     * @param bits such as {@link ProtocolInfo.Tcp#flagsOriginal}
     * @return a new set
     */
    public static Set<TcpFlag> of(int bits) {
        EnumSet<TcpFlag> set = EnumSet.noneOf(TcpFlag.class);
        for (TcpFlag flag : values()) {
            if ((bits & flag.bit) != 0) {
                set.add(flag);
            }
        }
        return set;
    }

    /**
     * The number that has some flags set.
     *
     * @param flags the flags
     * @return 0 to 255
     */
    public static int bits(TcpFlag... flags) {
        int bits = 0;
        for (TcpFlag flag : flags) {
            bits |= flag.bit;
        }
        return bits;
    }
}
