// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nfqueue.NfqueueStatistics.Counter;
import dev.nfkit.session.Handler;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.session.SessionJournal.Totals;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An open NFQUEUE session: one socket that owns one or more queues.
 *
 * <p>{@link NetfilterSession} describes its threads. {@link #configure} may be called by any thread, too, and any
 * thread may answer held packets.
 *
 * <p>Each packet gets exactly one verdict: that of its {@link Decider} or of an answer, or otherwise the failure
 * verdict, the deadline verdict or the close verdict ({@link NfqueueOptions}). The verdicts of a batch are sent in one
 * system call, after its last packet was decided.
 *
 * <p>{@link #stop} ends gracefully: the queue accepts no further packets, waiting packets are delivered, held ones may
 * still be answered for a time, and the rest gets the close verdict; run or poll then return. {@link #close} ends at
 * once.
 *
 * <p>If the process is killed, the kernel ends the session, whatever the close verdict: waiting packets are dropped,
 * and the queues are free at once. The next owner starts with id 1. Until there is one, packets that reach the rule are
 * dropped too, or pass if it has {@code --queue-bypass}.
 */
public final class NfqueueSession implements NetfilterSession {
    private final NetlinkSocket socket;
    private final Queues queues;
    private final Holds holds;
    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final HeldAnswers answers;
    private final DecisionCounts counts = new DecisionCounts();
    private final PacketBatch packets;
    private final Decisions decisions;
    private final RefusedVerdicts refusals;
    private final QueueLife life;
    private final MessageLoop loop;
    private final int receiveBuffer;
    private final Handler<Decider<Exception>, Exception> handler = this::deliver;

    private NfqueueSession(NetlinkTransport transport, NetlinkSocket socket, NfqueueOptions options)
            throws NetlinkException {
        this.socket = socket;
        SocketSetup.explainRefusals(socket);
        socket.set(SocketOption.NO_ENOBUFS, 1);
        receiveBuffer =
                SocketSetup.receiveBuffer(socket, options.receiveBuffer().orElse(QueueBuffers.receiveBuffer(options)));
        socket.set(SocketOption.SEND_BUFFER, options.sendBuffer());
        int sendLimit = socket.get(SocketOption.SEND_BUFFER) - QueueBuffers.SEND_RESERVE;
        queues = new Queues(options, transport.kernel());
        VerdictLog log = new VerdictLog();
        Reports reports = new Reports(options, NfqueueSession.class);
        ConntrackGlue glue = new ConntrackGlue(options, transport.kernel(), reports);
        holds = new Holds(new VerdictWriter(socket, log, VerdictLog.HELD, sendLimit, glue), queues.held());
        Outbox outbox = new Outbox(new VerdictWriter(socket, log, 0, sendLimit, glue), queues.bound);
        Received received = Deadlines.nanos(options) > 0 ? new Received(socket.order(), transport::nanoTime) : null;
        dispatch = new Dispatch(queues, outbox, options.failureVerdict(), received);
        deadlines = new Deadlines(options, holds, dispatch, received, reports, transport::nanoTime);
        answers = new HeldAnswers(options, holds, dispatch, deadlines, received, transport::nanoTime);
        packets = new PacketBatch(queues, dispatch, deadlines, received, counts, options.failureVerdict());
        decisions = new Decisions(queues, packets, holds, dispatch, answers, counts, reports, options.failureVerdict());
        refusals = new RefusedVerdicts(options, log, dispatch, reports);
        life = new QueueLife(
                options, socket, refusals, reports, queues, holds, packets, dispatch, deadlines, transport::nanoTime);
        loop = new MessageLoop(transport, socket, QueueBuffers.batch(options), life);
        loop.spin(options.spin().toNanos());
        try {
            decisions.begin(loop);
            answers.begin(loop);
            deadlines.begin();
            life.begin(loop);
            queues.open(loop, socket.order());
            life.install(transport);
            queues.opened(reports.journal());
            reports.journal().opened(socket, queueNumbers().replace("-", ", "), receiveBuffer);
            life.onEnded(() -> reports.journal().closed(this::totals));
        } catch (Throwable e) {
            life.closed();
            throw e;
        }
    }

    /**
     * Opens a socket, binds the queues and configures them. Packets wait for this session from the time when this
     * returns.
     *
     * @param transport opens the socket
     * @param options the options
     * @return an open session; the caller closes it
     * @throws KernelRefusedException if a queue cannot be bound; its message names cause and cure: the capability
     *     CAP_NET_ADMIN is missing or belongs to the wrong user namespace, another process owns the queue, or the
     *     kernel does not support a flag
     * @throws NetlinkException if a system call fails
     */
    public static NfqueueSession open(NetlinkTransport transport, NfqueueOptions options) throws NetlinkException {
        return SocketSetup.open(transport, socket -> new NfqueueSession(transport, socket, options));
    }

    /**
     * Decides the available packets, or waits for the next ones and decides those.
     *
     * @param decider decides, on this thread; each packet is borrowed for the call
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered packets; 0 on timeout or {@link #wakeup}; −1 once the session has ended
     * @throws NetlinkException if receiving or sending fails; verdicts that could not be sent are kept, and the next
     *     poll sends them again
     * @throws E as the decider throws; its packet then gets the failure verdict, and the next poll delivers the packets
     *     after it
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the decider may throw
     */
    public <E extends Exception> int poll(Decider<E> decider, Duration timeout) throws NetlinkException, E {
        return loop.poll(Handler.<Decider<E>, E>of(handler), decider, timeout);
    }

    /**
     * Decides packets until the session is stopped or closed, or the thread is interrupted.
     *
     * <p>An interrupt is noticed between batches, and within a second while waiting; its flag is kept, and the session
     * stays open.
     *
     * @param decider decides, on this thread; each packet is borrowed for the call
     * @return the number of delivered packets
     * @throws NetlinkException if receiving or sending fails
     * @throws E as the decider throws; its packet then gets the failure verdict, and the session stays open and can be
     *     run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the decider may throw
     */
    public <E extends Exception> long run(Decider<E> decider) throws NetlinkException, E {
        return loop.run(Handler.<Decider<E>, E>of(handler), decider);
    }

    /**
     * Decides packets as {@link #run(Decider)} does, and continues after exceptions of the decider.
     *
     * <p>After an InterruptedException the thread is interrupted again, so that the run ends after this batch.
     *
     * @param decider decides, on this thread; each packet is borrowed for the call
     * @param onError decides the packets whose decider threw an exception; what it throws itself ends the run, and the
     *     packet gets the failure verdict
     * @return the number of delivered packets
     * @throws NetlinkException if receiving or sending fails
     * @throws IllegalStateException if another poll or run is in progress
     */
    public long run(Decider<?> decider, FailedDecision onError) throws NetlinkException {
        return run((Decider<RuntimeException>) packet -> {
            try {
                return decider.decide(packet);
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                return onError.decide(packet, e);
            }
        });
    }

    private <E extends Exception> boolean deliver(MessageCursor message, Inbound inbound, Decider<E> decider)
            throws NetlinkException, E {
        if (message.type() != NfqueueConfig.NFQNL_MSG_PACKET) {
            return false;
        }
        try {
            decisions.read(message, inbound);
        } catch (MalformedMessageException e) {
            packets.refuseUnreadable(
                    PacketId.find(message.buffer(), message.offset(), message.length(), message.order()),
                    inbound.epoch());
            life.report(e);
            return false;
        }
        return decisions.decide(decider, inbound.epoch());
    }

    /**
     * Changes the configuration of a queue while it is in use; flags are set and cleared. Any thread; returns after the
     * kernel has done it. If a poll is in progress or begins, packets are decided during the change; deadlines apply in
     * any case. An interrupt does not end it; the thread's flag is kept.
     *
     * @param queue the queue's new options; copy range, conntrack and securityContext must not exceed those of the
     *     session's largest queue when it was opened, because the receive buffers are made for that
     * @throws KernelRefusedException if the kernel refuses it; the previous configuration stays in force
     * @throws NetlinkException if a system call fails, or the session is closed during the call; ETIMEDOUT if the
     *     kernel's answer is missing for five seconds, in which case the change may be in force
     * @throws IllegalArgumentException if the queue is not one of this session's, or packets could become larger than
     *     the buffers
     * @throws IllegalStateException inside a decider of this session, which would have to wait for itself
     */
    public void configure(NfqueueQueue queue) throws NetlinkException {
        queues.change(loop, socket.order(), queue);
    }

    /**
     * The options of a queue in force.
     *
     * @param queue a queue of this session
     * @return its options
     * @throws IllegalArgumentException if the session does not have the queue
     */
    public NfqueueQueue options(int queue) {
        Bound found = queues.find(queue);
        if (found == null) {
            throw new IllegalArgumentException("queue " + queue + " is not one of this session's");
        }
        return found.options;
    }

    private Totals totals() {
        NfqueueStatistics all = statistics();
        return new Totals(all.delivered(), all.socketDrops(), all.discarded(), all);
    }

    /** The queues, for names of threads. */
    String queueNumbers() {
        return Arrays.stream(queues.bound)
                .map(queue -> Integer.toString(queue.queue))
                .collect(Collectors.joining("-"));
    }

    @Override
    public void wakeup() {
        loop.wakeup();
    }

    /**
     * Begins a graceful end: the queue accepts no further packets, waiting packets are delivered, held ones get time to
     * be answered ({@link NfqueueOptions#settleTime()}), the rest gets the close verdict, and the session ends. The run
     * in progress then returns; a caller that polls continues until −1. Any thread; idempotent; does not wait.
     *
     * <p>For packets that arrive after this, the queue is full: the kernel drops and counts them, or, if the close
     * verdict is not a drop, they pass undecided and uncounted.
     */
    @Override
    public void stop() {
        loop.stop();
    }

    /**
     * Ends the session at once: undecided packets get the close verdict. Any thread; idempotent. The socket is closed
     * in any case: if the close verdict or a pending verdict of a decider cannot be sent, the kernel drops the waiting
     * packets. An Error of a handler or of the transport is thrown at the end, with later ones as suppressed
     * exceptions.
     *
     * <p>Inside a decider it only marks the session, which ends when the decider returns. From another thread it waits
     * for the decider in progress, one second at most, and then closes the socket. In that case, if a deadline is set,
     * waiting packets get the close verdict; otherwise the kernel drops them, including packets that were decided in
     * the same batch and whose verdicts were not sent. The verdict of that decider is counted as late, and its run
     * returns as usual.
     */
    @Override
    public void close() {
        loop.close();
    }

    @Override
    public boolean ended() {
        return loop.ended();
    }

    /**
     * The counters of received, decided and lost packets since the session was opened. Any thread; also after the end.
     * It reads the kernel's counters, so do not call it for each packet.
     *
     * @return a snapshot
     */
    @Override
    public NfqueueStatistics statistics() {
        Inbound inbound = loop.inbound();
        Statistics received = Statistics.none()
                .withDelivered(queues.packets())
                .withDatagrams(inbound.datagrams())
                .withSocketDrops(socket.drops())
                .withSequenceGaps(queues.lost())
                .withTruncatedPackets(queues.truncated())
                .withTruncatedDatagrams(inbound.truncated())
                .withMalformed(life.malformed())
                .withForeign(socket.foreign())
                .withDiscarded(life.discarded());
        return NfqueueStatistics.of(received)
                .with(Counter.DECIDED, counts.decided())
                .with(Counter.ANSWERED, holds.answered())
                .with(Counter.HELD, holds.count())
                .with(Counter.FAILED, counts.failed())
                .with(Counter.FORGOTTEN, counts.forgotten())
                .with(Counter.EXPIRED, holds.expired() + deadlines.expired())
                .with(Counter.LATE, answers.lateCount())
                .with(Counter.SETTLED, holds.settled() + life.settledUnseen() + counts.outlived())
                .with(Counter.UNREAD, counts.unread())
                .with(Counter.BYPASSED, queues.bypassed())
                .with(Counter.GONE, refusals.gone())
                .with(Counter.REFUSED, refusals.refused())
                .with(Counter.SEND_FAILURES, dispatch.sendFailures())
                .with(queues.states())
                .with(Counter.CLASHED, queues.clashed());
    }

    @Override
    public int receiveBuffer() {
        return receiveBuffer;
    }

    @Override
    public long portId() {
        return socket.portId();
    }
}
