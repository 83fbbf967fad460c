// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.wire.Netlink;

/**
 * The types of nftables' messages ({@code enum nf_tables_msg_types}), with the subsystem in the upper byte. Each number
 * stands only here.
 */
public final class MessageTypes {
    private static final int NFTABLES = Netlink.NFNL_SUBSYS_NFTABLES << 8;

    public static final int NEWTABLE = NFTABLES | 0;
    public static final int GETTABLE = NFTABLES | 1;
    public static final int DELTABLE = NFTABLES | 2;
    public static final int NEWCHAIN = NFTABLES | 3;
    public static final int GETCHAIN = NFTABLES | 4;
    public static final int DELCHAIN = NFTABLES | 5;
    public static final int NEWRULE = NFTABLES | 6;
    public static final int GETRULE = NFTABLES | 7;
    public static final int DELRULE = NFTABLES | 8;
    public static final int NEWSET = NFTABLES | 9;
    public static final int GETSET = NFTABLES | 10;
    public static final int DELSET = NFTABLES | 11;
    public static final int NEWSETELEM = NFTABLES | 12;
    public static final int GETSETELEM = NFTABLES | 13;
    public static final int DELSETELEM = NFTABLES | 14;
    public static final int NEWGEN = NFTABLES | 15;
    public static final int GETGEN = NFTABLES | 16;
    public static final int TRACE = NFTABLES | 17;
    public static final int NEWOBJ = NFTABLES | 18;
    public static final int GETOBJ = NFTABLES | 19;
    public static final int DELOBJ = NFTABLES | 20;
    public static final int GETOBJ_RESET = NFTABLES | 21;
    public static final int NEWFLOWTABLE = NFTABLES | 22;
    public static final int GETFLOWTABLE = NFTABLES | 23;
    public static final int DELFLOWTABLE = NFTABLES | 24;
    public static final int GETRULE_RESET = NFTABLES | 25;
    public static final int DESTROYTABLE = NFTABLES | 26;
    public static final int DESTROYCHAIN = NFTABLES | 27;
    public static final int DESTROYRULE = NFTABLES | 28;
    public static final int DESTROYSET = NFTABLES | 29;
    public static final int DESTROYSETELEM = NFTABLES | 30;
    public static final int DESTROYOBJ = NFTABLES | 31;
    public static final int DESTROYFLOWTABLE = NFTABLES | 32;
    public static final int GETSETELEM_RESET = NFTABLES | 33;

    private MessageTypes() {}
}
