// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_CMD;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_FLAGS;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_CONNTRACK;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_FAIL_OPEN;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_GSO;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_SECCTX;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_UID_GID;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_MASK;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_PARAMS;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_BIND;
import static dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_CONFIG;

import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;

/** Writes NFQUEUE's configuration. */
final class QueueRequests {
    private static final int LARGEST = 128;
    private static final int ALL_FLAGS =
            NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_CONNTRACK | NFQA_CFG_F_GSO | NFQA_CFG_F_UID_GID | NFQA_CFG_F_SECCTX;

    private final MessageWriter writer;

    QueueRequests(ByteOrder order) {
        writer = new MessageWriter(LARGEST, order);
    }

    /**
     * Binds a queue and configures it, in one message: the kernel carries out the command first, so that no packet is
     * queued under another configuration.
     */
    MessageWriter bind(long sequence, NfqueueQueue queue) {
        begin(sequence, queue.queue()).bytes(NFQA_CFG_CMD, (byte) NFQNL_CFG_CMD_BIND, (byte) 0, (byte) 0, (byte) 0);
        return configure(queue);
    }

    /** Configures a queue that is bound. */
    MessageWriter change(long sequence, NfqueueQueue queue) {
        begin(sequence, queue.queue());
        return configure(queue);
    }

    private MessageWriter configure(NfqueueQueue queue) {
        int range = queue.copyRange();
        writer.bytes(
                NFQA_CFG_PARAMS,
                (byte) (range >>> 24),
                (byte) (range >>> 16),
                (byte) (range >>> 8),
                (byte) range,
                (byte) queue.copyMode().number());
        return writer.be32(NFQA_CFG_QUEUE_MAXLEN, queue.maximumLength())
                .be32(NFQA_CFG_MASK, ALL_FLAGS)
                .be32(NFQA_CFG_FLAGS, queue.flags())
                .end();
    }

    /**
     * Makes a queue accept no further packets: for each, the queue is full, so it passes or is dropped. Waiting packets
     * stay.
     */
    MessageWriter shut(long sequence, int queue, boolean pass) {
        return begin(sequence, queue)
                .be32(NFQA_CFG_QUEUE_MAXLEN, 0)
                .be32(NFQA_CFG_MASK, NFQA_CFG_F_FAIL_OPEN)
                .be32(NFQA_CFG_FLAGS, pass ? NFQA_CFG_F_FAIL_OPEN : 0)
                .end();
    }

    private MessageWriter begin(long sequence, int queue) {
        return writer.clear()
                .begin(NFQNL_MSG_CONFIG, Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK, sequence)
                .nfgenmsg(0, queue);
    }
}
