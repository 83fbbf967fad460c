// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.wire.Netlink;

/**
 * The types of ctnetlink's messages ({@code enum cntl_msg_types} and {@code enum ctnl_exp_msg_types}), with the subsystem
 * in the upper byte. Each number stands only here.
 */
public final class MessageTypes {
    private static final int TABLE = Netlink.NFNL_SUBSYS_CTNETLINK << 8;
    private static final int EXPECTATIONS = Netlink.NFNL_SUBSYS_CTNETLINK_EXP << 8;

    public static final int CT_NEW = TABLE | 0;
    public static final int CT_GET = TABLE | 1;
    public static final int CT_DELETE = TABLE | 2;
    public static final int CT_GET_CTRZERO = TABLE | 3;
    public static final int CT_GET_STATS_CPU = TABLE | 4;
    public static final int CT_GET_STATS = TABLE | 5;
    public static final int CT_GET_DYING = TABLE | 6;
    public static final int CT_GET_UNCONFIRMED = TABLE | 7;
    public static final int EXP_NEW = EXPECTATIONS | 0;
    public static final int EXP_GET = EXPECTATIONS | 1;
    public static final int EXP_DELETE = EXPECTATIONS | 2;
    public static final int EXP_GET_STATS_CPU = EXPECTATIONS | 3;

    private MessageTypes() {}
}
