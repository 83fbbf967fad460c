package dev.nfkit.nfqueue;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.channel.Failures;
import dev.nfkit.channel.Handler;
import dev.nfkit.channel.Inbound;
import dev.nfkit.channel.MessageLoop;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An open NFQUEUE session: one socket that owns one or more queues.
 *
 * <p>One thread at a time polls or runs; {@link #stop}, {@link #close}, {@link #wakeup}, {@link #statistics} and {@link
 * #configure} are for any thread, and so are the answers to held packets.
 *
 * <p>Each packet gets exactly one verdict: what its {@link Decider} returns or answers, or else the failure verdict, the
 * deadline's or that of the session's end ({@link NfqueueOptions}). The verdicts of a batch leave in one system call,
 * when its last packet is decided.
 *
 * <p>{@link #stop} ends gracefully: no packet is let in any more, those that wait are delivered, held ones may still be
 * answered for a while, the rest gets the close verdict; run or poll then return. {@link #close} ends at once.
 *
 * <p>A process that is killed leaves its end to the kernel, whatever the close verdict is: packets that wait are dropped
 * and the queues are free at once, for the next owner to start with id 1. Until there is one, packets that reach the rule
 * are dropped too, or pass where it says {@code --queue-bypass}.
 */
public final class NfqueueSession implements AutoCloseable {
    private final NetlinkSocket socket;
    private final Queues queues;
    private final Holds holds;
    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final HeldAnswers answers;
    private final Decisions decisions;
    private final RefusedVerdicts refusals;
    private final QueueLife life;
    private final MessageLoop loop;
    private final int receiveBuffer;
    private final Handler<Decider<Exception>, Exception> handler = this::deliver;

    private NfqueueSession(NetlinkTransport transport, NetlinkSocket socket, NfqueueOptions options)
            throws NetlinkException {
        this.socket = socket;
        socket.set(SocketOption.EXT_ACK, 1);
        socket.set(SocketOption.CAP_ACK, 1);
        socket.set(SocketOption.NO_ENOBUFS, 1);
        socket.set(SocketOption.RECEIVE_BUFFER, options.receiveBuffer().orElse(QueueBuffers.receiveBuffer(options)));
        socket.set(SocketOption.SEND_BUFFER, options.sendBuffer());
        receiveBuffer = socket.get(SocketOption.RECEIVE_BUFFER);
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
        decisions = new Decisions(options, queues, holds, dispatch, deadlines, received, reports, answers);
        refusals = new RefusedVerdicts(options, log, dispatch, reports);
        life = new QueueLife(
                options, socket, refusals, reports, queues, holds, decisions, dispatch, transport::nanoTime);
        loop = new MessageLoop(transport, socket, QueueBuffers.batch(options), life);
        loop.spin(options.spin().toNanos());
        try {
            decisions.begin(loop);
            life.begin(loop);
            queues.open(loop, socket.order());
        } catch (Throwable e) {
            decisions.endWatch();
            life.closed();
            throw e;
        }
    }

    /**
     * Opens a socket, takes the queues and configures them. Packets wait for this session from the moment this returns.
     *
     * @param transport where to open it
     * @param options how it shall be
     * @return an open session; the caller closes it
     * @throws KernelRefusedException if a queue can't be had; its message says why and what to do: the capability
     *     CAP_NET_ADMIN is missing or lies in the wrong user namespace, another process owns the queue, or the kernel
     *     lacks what a flag asks for
     * @throws NetlinkException if a system call fails
     */
    public static NfqueueSession open(NetlinkTransport transport, NfqueueOptions options) throws NetlinkException {
        NetlinkSocket socket = transport.open(Netlink.NETLINK_NETFILTER);
        try {
            return new NfqueueSession(transport, socket, options);
        } catch (Throwable e) {
            Failures.closeAfter(socket, e);
            throw e;
        }
    }

    /**
     * Decides the packets that are there, or waits for the next ones and decides those.
     *
     * @param decider decides, on this thread; each packet is borrowed for the call
     * @param timeout the longest wait; zero does not wait
     * @return how many packets were delivered; 0 on timeout or {@link #wakeup}; −1 once the session has ended
     * @throws NetlinkException if receiving or sending fails; verdicts that could not be sent are kept, and the next poll
     *     sends them again
     * @throws E as the decider throws, whose packet then gets the failure verdict; the packets after it come with the
     *     next poll
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the decider may throw
     */
    public <E extends Exception> int poll(Decider<E> decider, Duration timeout) throws NetlinkException, E {
        return loop.poll(typed(), decider, timeout);
    }

    /**
     * Decides packets until the session is stopped or closed, or the thread is interrupted.
     *
     * <p>An interrupt is noticed between batches, and within a second while waiting; its flag is kept, and the session
     * stays open.
     *
     * @param decider decides, on this thread; each packet is borrowed for the call
     * @return how many packets were delivered
     * @throws NetlinkException if receiving or sending fails
     * @throws E as the decider throws, whose packet then gets the failure verdict; the session stays open and can be run
     *     again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the decider may throw
     */
    public <E extends Exception> long run(Decider<E> decider) throws NetlinkException, E {
        return loop.run(typed(), decider);
    }

    @SuppressWarnings("unchecked") // the handler throws what the decider of the call throws
    private <E extends Exception> Handler<Decider<E>, E> typed() {
        return (Handler<Decider<E>, E>) (Handler<?, ?>) handler;
    }

    private <E extends Exception> boolean deliver(MessageCursor message, Inbound inbound, Decider<E> decider)
            throws NetlinkException, E {
        if (message.type() != NfqueueConfig.NFQNL_MSG_PACKET) {
            return false;
        }
        try {
            decisions.read(message, inbound);
        } catch (MalformedMessageException e) {
            decisions.unreadable(
                    PacketId.find(message.buffer(), message.offset(), message.length(), message.order()),
                    inbound.epoch());
            life.report(e);
            return false;
        }
        return decisions.decide(decider, inbound.epoch());
    }

    /**
     * Configures a queue anew, flags set and cleared, while it is in use. Any thread; returns when the kernel has done
     * it. Packets are decided meanwhile if a poll is in progress or begins, and their deadlines go on in any case. An
     * interrupt does not end it; the thread's flag is kept.
     *
     * @param queue the queue's new options; copy range, conntrack and securityContext only within what the largest queue
     *     of the session was opened with, since the receive buffers are made for that
     * @throws KernelRefusedException if the kernel refuses it; what it did before stays
     * @throws NetlinkException if a system call fails, or the session is closed meanwhile; ETIMEDOUT if the kernel's
     *     answer was lost for five seconds, and the change may be in force
     * @throws IllegalArgumentException if the queue is none of this session's, or packets could become larger than it
     *     was opened for
     * @throws IllegalStateException inside a decider of this session, which would have to wait for itself
     */
    public void configure(NfqueueQueue queue) throws NetlinkException {
        queues.change(loop, socket.order(), queue);
    }

    /**
     * The options of a queue as they are in force.
     *
     * @param queue a queue of this session
     * @return its options
     * @throws IllegalArgumentException if the session does not have the queue
     */
    public NfqueueQueue options(int queue) {
        Bound found = queues.find(queue);
        if (found == null) {
            throw new IllegalArgumentException("queue " + queue + " is none of this session's");
        }
        return found.options;
    }

    /** The queues, for names of threads. */
    String queueNumbers() {
        return Arrays.stream(queues.bound)
                .map(queue -> Integer.toString(queue.queue))
                .collect(Collectors.joining("-"));
    }

    /** Makes the poll in progress, or the next one, return 0 at once. Any thread. */
    public void wakeup() {
        loop.wakeup();
    }

    /**
     * Begins a graceful end: lets no packet in any more, delivers those that wait, gives held ones time to be answered
     * ({@link NfqueueOptions#settleTime()}), settles the rest with the close verdict, and ends. The run in progress
     * returns when that is done; who polls goes on until −1. Any thread; idempotent; does not wait.
     *
     * <p>What comes meanwhile finds the queue full: it is dropped and counted by the kernel, or, where the close verdict is
     * another than a drop, passes undecided and is counted nowhere.
     */
    public void stop() {
        loop.stop();
    }

    /**
     * Ends the session at once: what is undecided gets the close verdict. Any thread; idempotent. The socket is closed
     * whatever goes wrong on the way: if the close verdict can't be sent, or a verdict of a decider is not sent yet and can't
     * be, the kernel drops the packets that wait. An Error of a handler or of the transport is thrown at the end, with later
     * ones as suppressed exceptions.
     *
     * <p>Inside a decider it only marks: the session ends when the decider returns. From another thread it waits for the
     * decider in progress, one second at most. After that the socket is closed under it: with a deadline set what waits
     * gets the close verdict, without one the kernel drops it, and with it the packets that were decided in the same batch
     * and whose verdicts had not left. What that decider decides is counted as late, and its run returns as usual.
     */
    @Override
    public void close() {
        loop.close();
    }

    /**
     * Whether the session has ended.
     *
     * @return whether its socket is closed
     */
    public boolean ended() {
        return loop.ended();
    }

    /**
     * What was received, decided and lost since the session was opened. Any thread; also after the end. It reads the
     * kernel's counters, so it is not for each packet.
     *
     * @return a snapshot
     */
    public NfqueueStatistics statistics() {
        Inbound inbound = loop.inbound();
        Statistics received = new Statistics(
                queues.packets(),
                inbound.datagrams(),
                socket.drops(),
                queues.lost(),
                queues.truncated(),
                inbound.truncated(),
                life.malformed(),
                socket.foreign(),
                life.discarded());
        return new NfqueueStatistics(
                received,
                decisions.decided(),
                holds.answered(),
                holds.count(),
                decisions.failed(),
                decisions.forgotten(),
                holds.expired() + deadlines.expired(),
                answers.lateCount(),
                holds.settled() + life.settledUnseen() + decisions.outlived(),
                decisions.unread(),
                queues.bypassed(),
                refusals.gone(),
                refusals.refused(),
                dispatch.sendFailures(),
                queues.states(),
                queues.clashed());
    }

    /**
     * The receive buffer in force.
     *
     * @return bytes as the kernel counts them: twice what was asked, or less where {@code net.core.rmem_max} caps it
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /**
     * The socket's address, by which the kernel names the owner of the queues.
     *
     * @return the port id, 1 to 2³²−1
     */
    public long portId() {
        return socket.portId();
    }
}
