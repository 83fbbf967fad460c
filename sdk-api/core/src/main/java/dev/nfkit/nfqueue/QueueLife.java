// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.InstalledRule;
import dev.nfkit.session.Failures;
import dev.nfkit.session.Life;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.session.RepeatedWarning;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** An NFQUEUE session's part in the lifecycle of its loop: its end, and the handling of messages other than packets. */
final class QueueLife implements Life {
    private final NfqueueOptions options;
    private final NetlinkSocket socket;
    private final RefusedVerdicts refusals;
    private final Reports reports;
    private final RepeatedWarning warning = new RepeatedWarning();
    private final Queues queues;
    private final Holds holds;
    private final PacketBatch packets;
    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final LongSupplier clock;
    private final long settleNanos;
    private @Nullable MessageLoop loop;
    private @Nullable InstalledRule rule;
    private Runnable onEnded = () -> {};
    private volatile boolean settling;
    private long settlingSince;
    private long malformed;
    private long discarded;
    /** The number of discarded packets that get the close verdict. */
    private long settled;

    QueueLife(
            NfqueueOptions options,
            NetlinkSocket socket,
            RefusedVerdicts refusals,
            Reports reports,
            Queues queues,
            Holds holds,
            PacketBatch packets,
            Dispatch dispatch,
            Deadlines deadlines,
            LongSupplier clock) {
        this.options = options;
        this.socket = socket;
        this.refusals = refusals;
        this.reports = reports;
        this.queues = queues;
        this.holds = holds;
        this.packets = packets;
        this.dispatch = dispatch;
        this.deadlines = deadlines;
        this.clock = clock;
        settleNanos = options.settleTime().toNanos();
    }

    void begin(MessageLoop messages) {
        loop = messages;
        holds.onEmpty(() -> {
            if (settling) {
                messages.wakeup();
            }
        });
    }

    /** Installs the session's rule, if it has one: the queues are bound, so that no packet is lost. */
    void install(NetlinkTransport transport) throws NetlinkException {
        rule = QueueActions.install(transport, options);
    }

    @Override
    public void received(DatagramBatch batch) {
        if (batch.count() > 0) {
            packets.receive(batch);
        }
    }

    @Override
    public void batchDone() throws NetlinkException {
        packets.flush();
    }

    @Override
    public void truncated(ByteBuffer buffer, int offset, int length) throws NetlinkException {
        MessageLoop messages = loop;
        packets.refuseUnreadable(
                PacketId.find(buffer, offset, length, socket.order()),
                messages == null ? 0 : messages.inbound().currentEpoch());
    }

    @Override
    public void missed() {
        MessageLoop messages = loop;
        dispatch.doubt(messages == null ? 0 : messages.inbound().currentEpoch());
    }

    @Override
    public void resume() throws NetlinkException {
        packets.resume();
    }

    @Override
    public void unclaimed(MessageCursor answer) throws MalformedMessageException {
        long sequence = answer.sequence();
        int body = answer.length() - (answer.bodyOffset() - answer.offset());
        if (body < Integer.BYTES) {
            throw new MalformedMessageException("NLMSG_ERROR", 0, "an errno of 4 bytes", body + " bytes");
        }
        int errno = answer.buffer().getInt(answer.bodyOffset());
        int number = answer.order() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(errno) : errno; // negative
        if (number != 0) {
            MessageLoop messages = loop;
            refusals.refused(
                    sequence,
                    Errno.of(number),
                    messages == null ? 0 : messages.inbound().newEpoch());
        }
    }

    @Override
    public void malformed(MalformedMessageException problem) throws MalformedMessageException {
        MessageLoop messages = loop;
        packets.refuseUnreadable(
                PacketId.NONE, messages == null ? 0 : messages.inbound().currentEpoch());
        report(problem);
    }

    /** Counts a malformed message and reports it. */
    void report(MalformedMessageException problem) throws MalformedMessageException {
        malformed++;
        if (options.malformedHandler().isPresent()) {
            options.malformedHandler().get().malformed(problem);
        } else {
            long total = warning.count(1);
            if (total > 0) {
                reports.later(() -> reports.warn(problem.getMessage() + " (" + total + " so far)"));
            }
        }
    }

    /** Makes the queues accept no further packets, so that all waiting ones can be delivered. */
    @Override
    public void requestRest() throws NetlinkException {
        MessageLoop messages = loop;
        if (messages == null) {
            return;
        }
        InstalledRule installed = rule;
        if (installed != null) {
            installed.detach(NfqueueSession.class);
        }
        boolean pass = options.closeVerdict().number() != NfqueueConfig.NF_DROP;
        QueueRequests requests = new QueueRequests(socket.order());
        for (Bound queue : queues.bound) {
            long sequence = messages.nextSequence();
            messages.post("shut NFQUEUE queue " + queue.queue, sequence, requests.shut(sequence, queue.queue, pass));
        }
    }

    @Override
    public void discarded(MessageCursor message) {
        if (message.type() == NfqueueConfig.NFQNL_MSG_PACKET) {
            discarded++;
            long found = PacketId.find(message.buffer(), message.offset(), message.length(), message.order());
            if (packets.leave(found)) {
                settled++;
            }
        }
    }

    @Override
    public boolean mayEnd() {
        if (!settling) {
            settlingSince = clock.getAsLong();
            settling = true;
        }
        return holds.count() == 0 || clock.getAsLong() - settlingSince >= settleNanos;
    }

    @Override
    public void sendLast() throws NetlinkException {
        try {
            queues.remember();
        } finally {
            settle();
        }
    }

    /** Undecided packets get the close verdict: held ones, then all others. */
    private void settle() {
        Verdict close = options.closeVerdict();
        Throwable failure = null;
        List<Unanswered> report = new ArrayList<>();
        try {
            holds.settle(close, report);
        } catch (Throwable e) {
            failure = e;
        }
        reports.settled(report);
        boolean alone = loop == null || loop.inside();
        boolean dropped = failure != null || close.equals(Verdict.DROP); // by the kernel, when the socket is closed
        failure = packets.end(alone, dropped ? null : close, failure);
        Failures.rethrow(failure);
    }

    @Override
    public Class<?> session() {
        return NfqueueSession.class;
    }

    /** Sets what is done once the session is over. */
    void onEnded(Runnable action) {
        onEnded = action;
    }

    @Override
    public void ended() {
        onEnded.run();
    }

    @Override
    public void closed() {
        deadlines.end();
        InstalledRule installed = rule;
        try {
            if (installed != null) { // no packet of this session waits: its queues may lose their chain
                installed.detach(NfqueueSession.class);
                installed.close();
            }
            queues.closed();
        } finally {
            reports.end();
        }
    }

    long malformed() {
        return malformed;
    }

    long discarded() {
        return discarded;
    }

    /** The number of packets that get the close verdict and that no decider has received. */
    long settledUnseen() {
        return settled;
    }
}
