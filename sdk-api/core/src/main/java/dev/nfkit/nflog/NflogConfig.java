// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.wire.Netlink;

/** The numbers of NFLOG's messages and configuration ({@code linux/netfilter/nfnetlink_log.h}). */
public final class NflogConfig {
    /** The message type of a logged packet. */
    public static final int NFULNL_MSG_PACKET = Netlink.NFNL_SUBSYS_ULOG << 8;
    /** The message type of configuration. */
    public static final int NFULNL_MSG_CONFIG = Netlink.NFNL_SUBSYS_ULOG << 8 | 1;

    /** Attribute: a command, u8. */
    public static final int NFULA_CFG_CMD = 1;
    /** Attribute: be32 copy range, u8 copy mode, padding. */
    public static final int NFULA_CFG_MODE = 2;
    /** Attribute: the kernel's buffer for a batch, be32 bytes. */
    public static final int NFULA_CFG_NLBUFSIZ = 3;
    /** Attribute: the maximum time that a packet is held, be32 in 1/100 s. */
    public static final int NFULA_CFG_TIMEOUT = 4;
    /** Attribute: the most packets of a batch, be32. */
    public static final int NFULA_CFG_QTHRESH = 5;
    /** Attribute: flags, be16. */
    public static final int NFULA_CFG_FLAGS = 6;

    /** Command: bind a group. */
    public static final int NFULNL_CFG_CMD_BIND = 1;
    /** Command: deliver the held packets and unbind the group. */
    public static final int NFULNL_CFG_CMD_UNBIND = 2;
    /** Command: become the namespace's logger of a family. */
    public static final int NFULNL_CFG_CMD_PF_BIND = 3;
    /** Command: remove the namespace's logger of a family. */
    public static final int NFULNL_CFG_CMD_PF_UNBIND = 4;

    /** Flag: number the packets of a group. */
    public static final int NFULNL_CFG_F_SEQ = 1;
    /** Flag: number the packets of all groups. */
    public static final int NFULNL_CFG_F_SEQ_GLOBAL = 2;
    /** Flag: send each packet's connection. */
    public static final int NFULNL_CFG_F_CONNTRACK = 4;

    /** The maximum length of a payload: an attribute's 65535 bytes minus its header. */
    public static final int COPY_RANGE_MAX = 65531;
    /** The smallest NLBUFSIZ that the kernel accepts. */
    public static final int NLBUFSIZ_MIN = 3776;
    /** The largest NLBUFSIZ that the kernel accepts. */
    public static final int NLBUFSIZ_MAX = 131_072;

    private NflogConfig() {}
}
