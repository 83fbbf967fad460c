// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.CopyMode;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.session.Refusals;
import dev.nfkit.session.SessionJournal;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.QueueState;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The queues of a session: bound when it opens, configured, and counted while it is open. */
final class Queues {
    final Bound[] bound;
    private final KernelView kernel;
    /** The largest datagram that the session's buffers were made for. */
    private final int largest;

    private Bound last;
    private long packets;
    private long lost;
    private long bypassed;
    private long truncated;
    private final Clashes clashes;
    private @Nullable SessionJournal journal;
    private volatile @Nullable List<QueueState> lastStates;

    Queues(NfqueueOptions options, KernelView kernel) {
        this.kernel = kernel;
        this.clashes = new Clashes(kernel);
        bound = options.queues().stream()
                .map(queue -> new Bound(queue, options.failureVerdict()))
                .toArray(Bound[]::new);
        largest =
                options.queues().stream().mapToInt(QueueBuffers::datagram).max().orElse(0);
        last = bound[0];
    }

    /** The session is open: its losses are written to a journal. */
    void opened(SessionJournal opened) {
        journal = opened;
    }

    /** The held packets of each. */
    List<HeldList> held() {
        return Arrays.stream(bound).map(queue -> queue.ledger.held).toList();
    }

    void open(MessageLoop messages, ByteOrder order) throws NetlinkException {
        clashes.begin();
        QueueRequests requests = new QueueRequests(order);
        for (Bound queue : bound) {
            try {
                long sequence = messages.nextSequence();
                messages.call("bind NFQUEUE queue " + queue.queue, sequence, requests.bind(sequence, queue.options));
            } catch (KernelRefusedException e) {
                throw explain(e, queue.options);
            }
        }
    }

    /** Changes the configuration of a queue. Any thread, but not inside a callback. */
    void change(MessageLoop messages, ByteOrder order, NfqueueQueue options) throws NetlinkException {
        Bound queue = find(options.queue());
        if (queue == null) {
            throw new IllegalArgumentException("queue " + options.queue() + " is not one of this session's");
        }
        if (QueueBuffers.datagram(options) > largest) {
            throw new IllegalArgumentException("queue " + options.queue()
                    + ": its packets would be larger than the session was opened for; open it with the larger copy"
                    + " range, with conntrack and with securityContext, and reduce them");
        }
        QueueRequests requests = new QueueRequests(order);
        long sequence = messages.nextSequence();
        try {
            messages.ask("configure NFQUEUE queue " + queue.queue, sequence, requests.change(sequence, options));
        } catch (KernelRefusedException e) {
            throw explain(e, options);
        }
        queue.options = options;
    }

    private KernelRefusedException explain(KernelRefusedException refusal, NfqueueQueue queue) {
        OptionalLong owner = kernel.nfqueues().stream()
                .filter(state -> state.queue() == queue.queue())
                .mapToLong(QueueState::portId)
                .findFirst();
        return Refusals.explain(refusal, "queue", owner, queue.conntrack(), kernel);
    }

    @Nullable
    Bound find(int queue) {
        if (last.queue == queue) {
            return last;
        }
        for (Bound candidate : bound) {
            if (candidate.queue == queue) {
                return candidate;
            }
        }
        return null;
    }

    /** The queue of a packet, for the polling thread, which usually requests the same one repeatedly. */
    @Nullable
    Bound ofPacket(int queue) {
        Bound found = find(queue);
        if (found != null) {
            last = found;
        }
        return found;
    }

    /** Counts a packet that was received. */
    void count(Bound queue, QueuedPacket packet, int id) {
        packets++;
        countGap(queue, id);
        if (packet.truncated() && queue.options.copyMode() == CopyMode.PACKET) {
            truncated++;
        }
    }

    /** Counts the ids that are missing before one. */
    void countGap(Bound queue, int id) {
        long gap = queue.ledger.advanceTo(id);
        if (gap != 0) {
            boolean passed = queue.options.failOpen();
            if (passed) {
                bypassed += gap;
            } else {
                lost += gap;
            }
            SessionJournal open = journal;
            if (open != null) {
                String what = passed ? "packets passed undecided at the socket" : "packets were lost at the socket";
                open.lost(queue.queue, what, gap);
            }
        }
    }

    long packets() {
        return packets;
    }

    long lost() {
        return lost;
    }

    long bypassed() {
        return bypassed;
    }

    long truncated() {
        return truncated;
    }

    /** The kernel's counters of these queues; after the end, the values before it. */
    List<QueueState> states() {
        List<QueueState> known = lastStates;
        return known != null ? known : read();
    }

    private List<QueueState> read() {
        return kernel.nfqueues().stream()
                .filter(state -> find(state.queue()) != null)
                .toList();
    }

    /** The number of packets that connection tracking dropped in the namespace since the opening. */
    long clashed() {
        return clashes.count();
    }

    /** The socket is closed: no packet is held any more. */
    void closed() {
        clashes.remember();
    }

    /** Saves the kernel's counters, which are lost with the socket. */
    void remember() {
        if (lastStates == null) {
            lastStates = read();
        }
    }
}
