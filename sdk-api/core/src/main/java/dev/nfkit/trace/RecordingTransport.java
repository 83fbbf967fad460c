package dev.nfkit.trace;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.util.Optional;

/**
 * Records what every socket of another transport sends and receives, each socket by itself, overruns included, and
 * changes nothing else. Safe for any number of threads.
 *
 * <p>Recorded is all that a replay needs to give the same packets: the datagrams verbatim, their order on each socket,
 * whether they were cut, when they were received, and where the socket reported a loss, with its drops up to then.
 * Options, memberships and filters stand beside as notes, such as {@code set ADD_MEMBERSHIP to 1}: a replay gives what
 * came, whatever let it come.
 *
 * <p>A datagram is recorded before it is sent, so that its answer can't stand before it; where sending then fails, a
 * note says so. A recording that fails (a full disk, or anything else that the sink throws, an {@link Error} included) stops
 * and disturbs no session: {@link #failure} returns the reason, and {@link #unrecorded} counts what the recording lacks.
 *
 * <p>Neither the other transport nor the sink is owned: who made them closes them, the sink after the sockets. When
 * a socket is closed, the recording is flushed.
 */
public final class RecordingTransport implements NetlinkTransport {
    private final NetlinkTransport delegate;
    private final Recorder recorder;

    /**
     * Decorates a transport.
     *
     * @param delegate what opens the sockets
     * @param sink where the recording goes
     */
    public RecordingTransport(NetlinkTransport delegate, TraceSink sink) {
        this.delegate = delegate;
        this.recorder = new Recorder(sink);
    }

    @Override
    public NetlinkSocket open(int protocol) throws NetlinkException {
        NetlinkSocket socket = delegate.open(protocol);
        try {
            return new RecordingSocket(socket, new RecordedSocket(recorder, recorder.open(protocol, socket.portId())));
        } catch (RuntimeException | Error e) {
            socket.close(); // no memory for the record: the caller gets no socket to close
            throw e;
        }
    }

    @Override
    public KernelView kernel() {
        return delegate.kernel();
    }

    @Override
    public long nanoTime() {
        return delegate.nanoTime();
    }

    /**
     * Adds a remark to the recording, such as the step of a test. If the recording has failed, it is counted as
     * unrecorded.
     *
     * @param text the remark, at most 65535 bytes of UTF-8
     * @throws IllegalArgumentException if the text is too long
     */
    public void note(String text) {
        recorder.note(Netlink.NETLINK_NETFILTER, text);
    }

    /**
     * Why the recording stopped.
     *
     * @return what the sink threw, as the cause of an IOException if it is none itself; empty while the recording goes on
     */
    public Optional<IOException> failure() {
        return recorder.failure();
    }

    /**
     * How many datagrams, overruns and notes are missing from the recording because it failed, what the sink still
     * held then included. {@link TraceWriter#validBytes} tells where the file's whole entries end.
     *
     * @return a count
     */
    public long unrecorded() {
        return recorder.unrecorded();
    }
}
