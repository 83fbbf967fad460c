// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

/**
 * The numbers of netlink's framing, by the kernel's names ({@code linux/netlink.h},
 * {@code linux/netfilter/nfnetlink.h}).
 */
public final class Netlink {
    /** Nothing: skipped. */
    public static final int NLMSG_NOOP = 1;
    /** An error or, with errno 0, an acknowledgement. */
    public static final int NLMSG_ERROR = 2;
    /** The end of a multipart answer, or of a batch of logged packets. */
    public static final int NLMSG_DONE = 3;
    /** Data was lost. */
    public static final int NLMSG_OVERRUN = 4;
    /** Types below this are netlink's own. */
    public static final int NLMSG_MIN_TYPE = 16;

    /** A request: every message to the kernel carries it. */
    public static final int NLM_F_REQUEST = 0x1;
    /** Part of an answer that {@link #NLMSG_DONE} ends. */
    public static final int NLM_F_MULTI = 0x2;
    /** Asks for an acknowledgement. */
    public static final int NLM_F_ACK = 0x4;
    /** Asks for the notification of the change, as listeners get it. */
    public static final int NLM_F_ECHO = 0x8;
    /** On a part of a dump: the table changed during the dump, so entries may be missing or occur twice. */
    public static final int NLM_F_DUMP_INTR = 0x10;
    /** Asks for all entries. */
    public static final int NLM_F_DUMP = 0x300;
    /** On a request to create: replace the entry. */
    public static final int NLM_F_REPLACE = 0x100;
    /** On a request to create: fail if the entry exists. */
    public static final int NLM_F_EXCL = 0x200;
    /** On a request to create: create the entry if it does not exist. */
    public static final int NLM_F_CREATE = 0x400;
    /** On a request to create: add the entry at the end of the list. */
    public static final int NLM_F_APPEND = 0x800;
    /** On an error: only the request's header is echoed. */
    public static final int NLM_F_CAPPED = 0x100;
    /** On an error: attributes of an extended acknowledgement follow. */
    public static final int NLM_F_ACK_TLVS = 0x200;

    /** Bit of an attribute's type: it holds attributes. */
    public static final int NLA_F_NESTED = 0x8000;
    /** Bit of an attribute's type: its value is big-endian. */
    public static final int NLA_F_NET_BYTEORDER = 0x4000;
    /** Mask of an attribute's type without the two bits. */
    public static final int NLA_TYPE_MASK = 0x3fff;

    /** Bytes of {@code struct nlmsghdr}. */
    public static final int NLMSG_HDRLEN = 16;
    /** Bytes of {@code struct nlattr}. */
    public static final int NLA_HDRLEN = 4;
    /** Bytes of {@code struct nfgenmsg}. */
    public static final int NFGENMSG_LEN = 4;

    /** Connection tracking. */
    public static final int NFNL_SUBSYS_CTNETLINK = 1;
    /** Expectations of connection tracking. */
    public static final int NFNL_SUBSYS_CTNETLINK_EXP = 2;
    /** NFQUEUE. */
    public static final int NFNL_SUBSYS_QUEUE = 3;
    /** NFLOG. */
    public static final int NFNL_SUBSYS_ULOG = 4;

    /** nftables. */
    public static final int NFNL_SUBSYS_NFTABLES = 10;

    /** Begins a batch of changes that are applied as a whole. */
    public static final int NFNL_MSG_BATCH_BEGIN = 16;
    /** Ends a batch of changes. */
    public static final int NFNL_MSG_BATCH_END = 17;
    /** Of {@link #NFNL_MSG_BATCH_BEGIN}: the generation that the batch is for. */
    public static final int NFNL_BATCH_GENID = 1;

    /** The netlink protocol of netfilter ({@code NETLINK_NETFILTER}), to open a socket with. */
    public static final int NETLINK_NETFILTER = 12;

    private Netlink() {}

    /**
     * Rounds up to a multiple of four: {@code NLMSG_ALIGN} and {@code NLA_ALIGN} ({@code (len + 3) & ~3}).
     *
     * @param length a length in bytes, from 0
     * @return the length with its padding
     */
    public static int align(int length) {
        return (length + 3) & ~3;
    }
}
