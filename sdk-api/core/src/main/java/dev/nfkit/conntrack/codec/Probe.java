// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

/** The first request of a session, which detects missing privileges or missing support. */
public final class Probe {
    public static final int TYPE = MessageTypes.CT_GET_STATS;
    public static final String NAME = "get statistics of connections";
    /** The table in words. */
    public static final String TABLE = "connection table";
    /** What it means that the kernel does not know the request. */
    public static final String UNSUPPORTED = "this kernel does not provide its connection table (CONFIG_NF_CT_NETLINK, "
            + "module nf_conntrack_netlink)";

    private Probe() {}
}
