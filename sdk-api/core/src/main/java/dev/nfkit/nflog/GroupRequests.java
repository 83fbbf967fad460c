// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import static dev.nfkit.nflog.NflogConfig.NFULA_CFG_CMD;
import static dev.nfkit.nflog.NflogConfig.NFULA_CFG_FLAGS;
import static dev.nfkit.nflog.NflogConfig.NFULA_CFG_MODE;
import static dev.nfkit.nflog.NflogConfig.NFULA_CFG_NLBUFSIZ;
import static dev.nfkit.nflog.NflogConfig.NFULA_CFG_QTHRESH;
import static dev.nfkit.nflog.NflogConfig.NFULA_CFG_TIMEOUT;
import static dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_BIND;
import static dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_PF_BIND;
import static dev.nfkit.nflog.NflogConfig.NFULNL_CFG_CMD_UNBIND;
import static dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_CONNTRACK;
import static dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ;
import static dev.nfkit.nflog.NflogConfig.NFULNL_CFG_F_SEQ_GLOBAL;
import static dev.nfkit.nflog.NflogConfig.NFULNL_MSG_CONFIG;

import dev.nfkit.AddressFamily;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;

/** Writes NFLOG's requests. */
final class GroupRequests {
    private static final int LARGEST = 128;

    private final MessageWriter writer;

    GroupRequests(ByteOrder order) {
        writer = new MessageWriter(LARGEST, order);
    }

    /**
     * Binds a group and configures it, in one message: the kernel carries out the command first, so that no packet is
     * logged under another configuration.
     */
    MessageWriter bind(long sequence, NflogGroup group, int nlbufsiz) {
        begin(sequence, AddressFamily.UNSPEC, group.group(), NFULNL_CFG_CMD_BIND);
        int range = group.copyRange();
        writer.bytes(
                NFULA_CFG_MODE,
                (byte) (range >>> 24),
                (byte) (range >>> 16),
                (byte) (range >>> 8),
                (byte) range,
                (byte) group.copyMode().number(),
                (byte) 0);
        writer.be32(NFULA_CFG_NLBUFSIZ, nlbufsiz);
        writer.be32(NFULA_CFG_TIMEOUT, group.timeout().toMillis() / 10);
        writer.be32(NFULA_CFG_QTHRESH, group.threshold());
        writer.be16(NFULA_CFG_FLAGS, flags(group));
        return writer.end();
    }

    private static int flags(NflogGroup group) {
        return (group.sequence() ? NFULNL_CFG_F_SEQ : 0)
                | (group.sequenceGlobal() ? NFULNL_CFG_F_SEQ_GLOBAL : 0)
                | (group.conntrack() ? NFULNL_CFG_F_CONNTRACK : 0);
    }

    MessageWriter unbind(long sequence, NflogGroup group) {
        begin(sequence, AddressFamily.UNSPEC, group.group(), NFULNL_CFG_CMD_UNBIND);
        return writer.end();
    }

    MessageWriter claimLogger(long sequence, AddressFamily family) {
        begin(sequence, family, 0, NFULNL_CFG_CMD_PF_BIND);
        return writer.end();
    }

    private void begin(long sequence, AddressFamily family, int group, int command) {
        writer.clear()
                .begin(NFULNL_MSG_CONFIG, Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK, sequence)
                .nfgenmsg(family.number(), group)
                .u8(NFULA_CFG_CMD, command);
    }
}
