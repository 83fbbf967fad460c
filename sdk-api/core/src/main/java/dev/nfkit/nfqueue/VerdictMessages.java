// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;

/** Writes verdicts. */
final class VerdictMessages {
    /** Headers, verdict header, mark, priority, VLAN tag and a connection's changes, all aligned. */
    private static final int FIXED = 256;

    /** The size of a verdict that changes nothing. */
    static final int SMALL = FIXED;

    private VerdictMessages() {}

    /** The maximum size of one verdict in bytes. */
    static int size(Verdict verdict) {
        int size = FIXED;
        Bytes payload = verdict.payload();
        if (payload != null) {
            size += Netlink.align(payload.length());
        }
        Bytes l2Header = verdict.l2Header();
        return l2Header == null ? size : size + Netlink.align(l2Header.length());
    }

    /** One verdict for one packet. */
    static void single(MessageWriter writer, long sequence, int queue, int id, Verdict verdict) {
        begin(writer, NfqueueConfig.NFQNL_MSG_VERDICT, sequence, queue, id, verdict.number());
        marks(writer, verdict.changes(), verdict.mark(), verdict.priority());
        if (!verdict.forBatches()) {
            rest(writer, verdict);
        }
        writer.end();
    }

    /** A verdict of a queue's run: for one packet, or for all waiting packets up to it. */
    static void ofRun(MessageWriter writer, long sequence, Bound queue, int id, boolean batch) {
        begin(
                writer,
                batch ? NfqueueConfig.NFQNL_MSG_VERDICT_BATCH : NfqueueConfig.NFQNL_MSG_VERDICT,
                sequence,
                queue.queue,
                id,
                queue.runNumber);
        marks(writer, queue.runChanges, queue.runMark, queue.runPriority);
        writer.end();
    }

    /** One verdict for all waiting packets up to a packet. */
    static void batch(MessageWriter writer, long sequence, int queue, int id, Verdict verdict) {
        begin(writer, NfqueueConfig.NFQNL_MSG_VERDICT_BATCH, sequence, queue, id, verdict.number());
        marks(writer, verdict.changes(), verdict.mark(), verdict.priority());
        writer.end();
    }

    private static void begin(MessageWriter writer, int type, long sequence, int queue, int id, int number) {
        writer.begin(type, Netlink.NLM_F_REQUEST, sequence)
                .nfgenmsg(0, queue)
                .be64(NfqueueAttribute.VERDICT_HDR.code(), ((long) number << 32) | (id & 0xffff_ffffL));
    }

    private static void marks(MessageWriter writer, int changes, long mark, long priority) {
        if (Verdict.hasMark(changes)) {
            writer.be32(NfqueueAttribute.MARK.code(), mark);
        }
        if (Verdict.hasPriority(changes)) {
            writer.be32(NfqueueAttribute.PRIORITY.code(), priority);
        }
    }

    private static void rest(MessageWriter writer, Verdict verdict) {
        ConntrackUpdate conntrack = verdict.conntrack();
        if (conntrack != null) {
            int nest = writer.beginNest(NfqueueAttribute.CT.code());
            conntrack.writeTo(writer);
            writer.endNest(nest);
        }
        VlanTag vlan = verdict.vlan();
        if (vlan != null) {
            int nest = writer.beginNest(NfqueueAttribute.VLAN.code());
            writer.be16(NfqueueAttribute.Vlan.TCI.code(), vlan.tci());
            writer.be16(NfqueueAttribute.Vlan.PROTO.code(), vlan.protocol());
            writer.endNest(nest);
        }
        Bytes l2Header = verdict.l2Header();
        if (l2Header != null) {
            writer.bytes(NfqueueAttribute.L2HDR.code(), l2Header);
        }
        Bytes payload = verdict.payload();
        if (payload != null) {
            writer.bytes(NfqueueAttribute.PAYLOAD.code(), payload);
        }
    }
}
