// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.wire.Netlink;

/**
 * The numbers of NFQUEUE's messages, configuration and verdicts ({@code linux/netfilter/nfnetlink_queue.h}, {@code
 * linux/netfilter.h}).
 */
public final class NfqueueConfig {
    /** The message type of a queued packet. */
    public static final int NFQNL_MSG_PACKET = Netlink.NFNL_SUBSYS_QUEUE << 8;
    /** The message type of a verdict for one packet. */
    public static final int NFQNL_MSG_VERDICT = Netlink.NFNL_SUBSYS_QUEUE << 8 | 1;
    /** The message type of configuration. */
    public static final int NFQNL_MSG_CONFIG = Netlink.NFNL_SUBSYS_QUEUE << 8 | 2;
    /** The message type of one verdict for all waiting packets up to an id. */
    public static final int NFQNL_MSG_VERDICT_BATCH = Netlink.NFNL_SUBSYS_QUEUE << 8 | 3;

    /** Attribute: u8 command, padding, be16 family. */
    public static final int NFQA_CFG_CMD = 1;
    /** Attribute: be32 copy range, u8 copy mode. */
    public static final int NFQA_CFG_PARAMS = 2;
    /** Attribute: the maximum number of waiting packets, be32. */
    public static final int NFQA_CFG_QUEUE_MAXLEN = 3;
    /** Attribute: which flags {@link #NFQA_CFG_FLAGS} changes, be32. */
    public static final int NFQA_CFG_MASK = 4;
    /** Attribute: flags, be32. */
    public static final int NFQA_CFG_FLAGS = 5;

    /** Command: bind a queue. */
    public static final int NFQNL_CFG_CMD_BIND = 1;
    /** Command: drop the waiting packets and unbind the queue. */
    public static final int NFQNL_CFG_CMD_UNBIND = 2;
    /** Command of older kernels, without effect since 3.8. */
    public static final int NFQNL_CFG_CMD_PF_BIND = 3;
    /** Command of older kernels, without effect since 3.8. */
    public static final int NFQNL_CFG_CMD_PF_UNBIND = 4;

    /** Flag: packets that arrive when the queue is full pass undecided instead of being dropped. */
    public static final int NFQA_CFG_F_FAIL_OPEN = 1;
    /** Flag: send each packet's connection. */
    public static final int NFQA_CFG_F_CONNTRACK = 1 << 1;
    /** Flag: deliver large segments unchanged, and checksums that are not computed yet. */
    public static final int NFQA_CFG_F_GSO = 1 << 2;
    /** Flag: send the owner of the sending socket. */
    public static final int NFQA_CFG_F_UID_GID = 1 << 3;
    /** Flag: send the security context. */
    public static final int NFQA_CFG_F_SECCTX = 1 << 4;

    /** Bit of {@link NfqueueAttribute#SKB_INFO}: the checksum is not computed yet; the device would do it. */
    public static final int NFQA_SKB_CSUMNOTREADY = 1;
    /** Bit of {@link NfqueueAttribute#SKB_INFO}: the packet will be cut into segments. */
    public static final int NFQA_SKB_GSO = 1 << 1;
    /** Bit of {@link NfqueueAttribute#SKB_INFO}: the checksum of a received packet was not verified. */
    public static final int NFQA_SKB_CSUM_NOTVERIFIED = 1 << 2;

    /** Verdict: the packet is dropped. */
    public static final int NF_DROP = 0;
    /** Verdict: the packet goes on, to the rules after the one that queued it. */
    public static final int NF_ACCEPT = 1;
    /** Verdict: code in the kernel keeps the packet. The kernel refuses it from user space. */
    public static final int NF_STOLEN = 2;
    /** Verdict: the packet goes to a queue, whose number is in the upper 16 bits. */
    public static final int NF_QUEUE = 3;
    /** Verdict: the packet traverses the hook again, starting with the chain that queued it. */
    public static final int NF_REPEAT = 4;
    /** Verdict: the packet goes on and skips the remaining chains of this hook. */
    public static final int NF_STOP = 5;
    /** Bit of a verdict {@link #NF_QUEUE}: if the target queue has no owner, the packet goes on. */
    public static final int NF_VERDICT_FLAG_QUEUE_BYPASS = 0x8000;

    /** The maximum length of a payload: an attribute's 65535 bytes minus its header. */
    public static final int COPY_RANGE_MAX = 65531;
    /** The default maximum number of waiting packets ({@code NFQNL_QMAX_DEFAULT}). */
    public static final int QUEUE_MAXLEN_DEFAULT = 1024;

    private NfqueueConfig() {}
}
