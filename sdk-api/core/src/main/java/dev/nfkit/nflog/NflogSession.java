// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.netfilter.PacketSink;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.session.Handler;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.Loan;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;

/**
 * An open NFLOG session: one socket that owns one or more groups. {@link NetfilterSession} describes its threads.
 *
 * <p>{@link #stop} ends gracefully: the groups are unbound, which makes the kernel deliver the packets it holds,
 * everything is delivered, and run or poll then return. {@link #close} ends at once; undelivered packets are discarded
 * and counted in {@link Statistics#discarded()}.
 */
public final class NflogSession implements NetfilterSession {
    private final NetlinkSocket socket;
    private final Groups groups;
    private final MessageLoop loop;
    private final PrefixCache prefixes = new PrefixCache();
    private final int receiveBuffer;
    private final Handler<PacketSink<? super NflogPacket, Exception>, Exception> handler = this::deliver;
    private final NflogPacket view = new NflogPacket(prefixes, null);

    private NflogSession(NetlinkTransport transport, NetlinkSocket socket, NflogOptions options)
            throws NetlinkException {
        this.socket = socket;
        SocketSetup.explainRefusals(socket);
        socket.set(SocketOption.NO_ENOBUFS, 1);
        receiveBuffer = SocketSetup.receiveBuffer(socket, options.receiveBuffer());
        groups = new Groups(options, receiveBuffer, transport.kernel());
        DatagramBatch batch = BatchSize.batch(groups.largestDatagram());
        loop = new MessageLoop(transport, socket, batch, groups);
        groups.open(loop, socket.order());
        groups.install(transport);
        groups.opened(socket, receiveBuffer);
    }

    /**
     * Opens a socket, binds the groups and configures them. Packets that arrive before this returns are not lost.
     *
     * @param transport opens the socket
     * @param options the options
     * @return an open session; the caller closes it
     * @throws KernelRefusedException if a group cannot be bound; its message names cause and cure: the capability
     *     CAP_NET_ADMIN is missing or belongs to the wrong user namespace, or another process owns the group; or if the
     *     session's rule is refused
     * @throws NetlinkException if a system call fails
     */
    public static NflogSession open(NetlinkTransport transport, NflogOptions options) throws NetlinkException {
        return SocketSetup.open(transport, socket -> new NflogSession(transport, socket, options));
    }

    /**
     * Delivers the available packets, or waits for the next ones and delivers those.
     *
     * @param sink takes the packets, on this thread; each is borrowed for the call
     * @param timeout the longest wait; zero does not wait
     * @return the number of delivered packets; 0 on timeout or {@link #wakeup}; −1 once the session has ended
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the next poll delivers the packets after that one
     * @throws IllegalStateException if another poll or run is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(PacketSink<? super NflogPacket, E> sink, Duration timeout)
            throws NetlinkException, E {
        return loop.poll(Handler.<PacketSink<? super NflogPacket, E>, E>of(handler), sink, timeout);
    }

    /**
     * Delivers packets until the session is stopped or closed, or the thread is interrupted.
     *
     * <p>An interrupt is noticed between batches, and within a second while waiting; its flag is kept, and the session
     * stays open.
     *
     * @param sink takes the packets, on this thread; each is borrowed for the call
     * @return the number of delivered packets
     * @throws NetlinkException if receiving fails
     * @throws E as the sink throws; the session stays open and can be run again
     * @throws IllegalStateException if another poll or run is in progress
     * @param <E> what the sink may throw
     */
    public <E extends Exception> long run(PacketSink<? super NflogPacket, E> sink) throws NetlinkException, E {
        return loop.run(Handler.<PacketSink<? super NflogPacket, E>, E>of(handler), sink);
    }

    private <E extends Exception> boolean deliver(
            MessageCursor message, Inbound inbound, PacketSink<? super NflogPacket, E> sink)
            throws MalformedMessageException, E {
        if (message.type() != NflogConfig.NFULNL_MSG_PACKET) {
            return false;
        }
        Loan loan = inbound.lend("packet");
        NflogPacket packet = loan == null ? view : strictView(loan);
        boolean repeats;
        try {
            repeats = packet.wrap(message, inbound.receivedAt());
        } catch (MalformedMessageException e) {
            groups.malformed(e);
            return false;
        }
        if (repeats) {
            groups.count(packet);
            hand(packet, sink);
        } else {
            handOther(packet, sink);
        }
        return true;
    }

    private NflogPacket strictView(Loan loan) {
        view.forget(); // its last packet is no longer the previous one
        return new NflogPacket(prefixes, loan);
    }

    /**
     * Delivers a packet that differs from the previous one, on a separate code path. If the paths joined again, the
     * compiler would lose what it knows of a repeated packet and reload all values, inside the sink too.
     */
    private <E extends Exception> void handOther(NflogPacket packet, PacketSink<? super NflogPacket, E> sink) throws E {
        groups.turnTo(packet.group());
        groups.count(packet);
        hand(packet, sink);
    }

    private static <E extends Exception> void hand(NflogPacket packet, PacketSink<? super NflogPacket, E> sink)
            throws E {
        try {
            sink.accept(packet);
        } finally {
            packet.release();
        }
    }

    @Override
    public void wakeup() {
        loop.wakeup();
    }

    /**
     * Begins a graceful end: unbinds the groups, delivers everything that the kernel had logged until then, and ends.
     * The run in progress then returns; a caller that polls continues until −1. Any thread; idempotent; does not wait.
     */
    @Override
    public void stop() {
        loop.stop();
    }

    @Override
    public void close() {
        loop.close();
    }

    @Override
    public boolean ended() {
        return loop.ended();
    }

    /**
     * The counters of received and lost packets since the session was opened. Any thread; also after the end.
     *
     * @return a snapshot
     */
    @Override
    public Statistics statistics() {
        return groups.statistics(socket, loop.inbound());
    }

    @Override
    public int receiveBuffer() {
        return receiveBuffer;
    }

    @Override
    public long portId() {
        return socket.portId();
    }

    /**
     * The NLBUFSIZ in force for a group: the configured one, or one that fits the receive buffer.
     *
     * @param group a group of this session
     * @return bytes
     * @throws IllegalArgumentException if the session does not have the group
     */
    public int bufferSize(int group) {
        return groups.bufferSize(group);
    }
}
