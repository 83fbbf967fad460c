// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.session.Exchange;
import dev.nfkit.session.Refusals;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.QueueState;
import dev.nfkit.wire.Netlink;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Optional features of the kernel for queued packets ({@code NFQA_CFG_F_*} in {@code
 * linux/netfilter/nfnetlink_queue.h}).
 *
 * <pre>{@code
 * boolean connections = QueueFeature.CONNTRACK.supportedBy(transport);
 * NfqueueOptions options = NfqueueOptions.builder().queue(0, queue -> queue.conntrack(connections)).build();
 * }</pre>
 */
public enum QueueFeature {
    /** Packets pass a full queue: {@link NfqueueQueue.Builder#failOpen}. */
    FAIL_OPEN(NfqueueConfig.NFQA_CFG_F_FAIL_OPEN),
    /**
     * Packets carry their connection ({@link NfqueueQueue.Builder#conntrack}), and verdicts change it ({@link
     * Verdict#conntrack}). Needs {@code CONFIG_NETFILTER_NETLINK_GLUE_CT}.
     */
    CONNTRACK(NfqueueConfig.NFQA_CFG_F_CONNTRACK),
    /** Large segments are delivered unchanged: {@link NfqueueQueue.Builder#gso}. */
    GSO(NfqueueConfig.NFQA_CFG_F_GSO),
    /** Packets carry the owner of their socket: {@link NfqueueQueue.Builder#uidGid}. */
    UID_GID(NfqueueConfig.NFQA_CFG_F_UID_GID),
    /** Packets carry their security context: {@link NfqueueQueue.Builder#securityContext}. */
    SECURITY_CONTEXT(NfqueueConfig.NFQA_CFG_F_SECCTX);

    private static final int LAST_QUEUE = 65_535;
    private static final int SIZE = 4096;

    private final int flag;

    QueueFeature(int flag) {
        this.flag = flag;
    }

    /**
     * Asks the kernel, over a separate socket. It requests the feature for a queue that is not bound: the kernel checks
     * the feature first ({@code nfqnl_recv_config}), so nothing is changed. A kernel that has {@link #CONNTRACK} as a
     * module loads it.
     *
     * @param transport the network namespace
     * @return whether the kernel has it
     * @throws KernelRefusedException if the capability is missing
     * @throws NetlinkException if a system call fails
     */
    public boolean supportedBy(NetlinkTransport transport) throws NetlinkException {
        int queue = unbound(transport);
        NetlinkSocket socket = transport.open(Netlink.NETLINK_NETFILTER);
        try (Exchange exchange = exchange(transport, socket)) {
            exchange.<RuntimeException>ask(
                    "ask for " + this + " of NFQUEUE queue " + queue,
                    NfqueueConfig.NFQNL_MSG_CONFIG,
                    0,
                    writer -> writer.nfgenmsg(0, queue)
                            .be32(NfqueueConfig.NFQA_CFG_MASK, flag)
                            .be32(NfqueueConfig.NFQA_CFG_FLAGS, flag),
                    message -> {});
            return true;
        } catch (KernelRefusedException e) {
            if (e.errno().equals(Errno.EOPNOTSUPP)) {
                return false;
            }
            if (e.errno().equals(Errno.ENODEV)) {
                return true; // only the queue is missing
            }
            throw Refusals.explain(e, "queue", OptionalLong.empty(), false, transport.kernel());
        }
    }

    private static Exchange exchange(NetlinkTransport transport, NetlinkSocket socket) {
        boolean made = false;
        try {
            Exchange exchange = new Exchange(transport, socket, new DatagramBatch(1, SIZE), SIZE);
            made = true;
            return exchange;
        } finally {
            if (!made) {
                socket.close();
            }
        }
    }

    private static int unbound(NetlinkTransport transport) {
        Set<Integer> bound =
                transport.kernel().nfqueues().stream().map(QueueState::queue).collect(Collectors.toSet());
        int queue = LAST_QUEUE;
        while (queue > 0 && bound.contains(queue)) {
            queue--;
        }
        return queue;
    }
}
