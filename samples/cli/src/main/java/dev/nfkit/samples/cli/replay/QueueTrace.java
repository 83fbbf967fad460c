// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the queued packets of a recording, each with the verdict that was sent for it. A verdict comes after its
 * packet, so the whole recording is read first.
 */
final class QueueTrace {
    private final List<Traced> packets = new ArrayList<>();
    /** Packets by queue and id. Ids restart with each binding, so the last packet with an id counts. */
    private final Map<Long, Traced> latest = new HashMap<>();
    /** The undecided packets of each queue, which a batch may cover. */
    private final Map<Integer, Deque<Traced>> undecided = new HashMap<>();

    private final SentVerdicts verdicts = new SentVerdicts();
    private final ByteOrder order;

    /** A packet and its verdict. */
    static final class Traced {
        private final QueuedPacket packet;
        private @Nullable TracedVerdict verdict;

        private Traced(QueuedPacket packet) {
            this.packet = packet;
        }

        QueuedPacket packet() {
            return packet;
        }

        /** The verdict, or null if the recording has none. */
        @Nullable
        TracedVerdict verdict() {
            return verdict;
        }

        /** Keeps the first verdict that the kernel did not refuse, otherwise the last one. */
        private void decide(TracedVerdict next) {
            if (verdict == null || verdict.refused()) {
                verdict = next;
            }
        }
    }

    private QueueTrace(ByteOrder order) {
        this.order = order;
    }

    /** Reads a recording. Reports malformed messages and omits them. */
    static QueueTrace of(Trace trace, MalformedReport malformed) throws WriteFailure {
        QueueTrace queues = new QueueTrace(trace.order());
        TraceWalk.of(trace, malformed, queues::add);
        return queues;
    }

    /** The packets in order. */
    List<Traced> packets() {
        return Collections.unmodifiableList(packets);
    }

    private void add(TraceEntry entry, MessageCursor message) throws MalformedMessageException {
        if (entry.kind() == TraceKind.TO_KERNEL) {
            sent(message);
        } else {
            received(message, entry.epochNanos());
        }
    }

    private void received(MessageCursor message, long nanos) throws MalformedMessageException {
        if (message.type() == NfqueueConfig.NFQNL_MSG_PACKET) {
            Traced traced = new Traced(QueuedPacket.read(message, nanos));
            packets.add(traced);
            latest.put(key(traced.packet.queue(), traced.packet.id()), traced);
            undecided
                    .computeIfAbsent(traced.packet.queue(), any -> new ArrayDeque<>())
                    .add(traced);
        } else if (message.type() == Netlink.NLMSG_ERROR) {
            refused(message);
        }
    }

    private static long key(int queue, long id) {
        return (long) queue << 32 | id;
    }

    private void sent(MessageCursor message) throws MalformedMessageException {
        boolean batch = message.type() == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH;
        if (!batch && message.type() != NfqueueConfig.NFQNL_MSG_VERDICT) {
            return;
        }
        TracedVerdict verdict = TracedVerdict.read(message);
        verdicts.add(verdict);
        if (batch) {
            decideAll(verdict);
            return;
        }
        Traced one = latest.get(key(verdict.queue(), verdict.id()));
        if (one != null) {
            one.decide(verdict);
        }
    }

    private void decideAll(TracedVerdict verdict) {
        Deque<Traced> waiting = undecided.getOrDefault(verdict.queue(), new ArrayDeque<>());
        // The kernel compares ids in the same way: they wrap around.
        while (!waiting.isEmpty() && (int) (waiting.element().packet.id() - verdict.id()) <= 0) {
            waiting.remove().decide(verdict);
        }
    }

    private void refused(MessageCursor message) throws MalformedMessageException {
        TracedError error = TracedError.read(message);
        if (error == null
                || error.errno() <= 0
                || (error.type() != NfqueueConfig.NFQNL_MSG_VERDICT
                        && error.type() != NfqueueConfig.NFQNL_MSG_VERDICT_BATCH)) {
            return;
        }
        TracedVerdict verdict = verdicts.refused(error.sequence(), quoted(message, error.offset(), error.length()));
        if (verdict != null) {
            verdict.refused(Errno.of(error.errno()));
        }
    }

    /** The verdict that an error quotes completely, or null if it quotes only the header. */
    private @Nullable TracedVerdict quoted(MessageCursor error, int at, int length) {
        MessageCursor inner = new MessageCursor();
        try {
            return inner.wrap(error.buffer(), at, length, order).next() ? TracedVerdict.read(inner) : null;
        } catch (MalformedMessageException e) {
            return null;
        }
    }
}
