// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.util.Optional;

/**
 * Records what every socket of another transport sends and receives, including overruns, each socket separately,
 * without changing it. Safe for any number of threads.
 *
 * <p>A recording contains all that a replay needs to return the same packets: the datagrams verbatim, their order on
 * each socket, whether they were cut, when they were received, and the places of losses that the socket reported, with
 * its drops so far. Options, memberships and filters are recorded as notes, such as {@code set ADD_MEMBERSHIP to 1}: a
 * replay returns what was received, whatever options are set.
 *
 * <p>A datagram is recorded before it is sent, so that its answer cannot precede it; if sending then fails, a note
 * records that. A recording that fails (a full disk, or any other exception of the sink, including an {@link Error})
 * stops and does not affect the sessions: {@link #failure} returns the reason, and {@link #unrecorded} counts the
 * missing entries.
 *
 * <p>It owns neither the other transport nor the sink: the caller closes them, the sink after the sockets. When a
 * socket is closed, the recording is flushed.
 */
public final class RecordingTransport implements NetlinkTransport {
    private final NetlinkTransport delegate;
    private final Recorder recorder;

    /**
     * Decorates a transport.
     *
     * @param delegate opens the sockets
     * @param sink the target of the recording
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
     * @return the sink's exception, as the cause of an IOException if it is not one itself; empty while the recording
     *     continues
     */
    public Optional<IOException> failure() {
        return recorder.failure();
    }

    /**
     * The number of datagrams, overruns and notes that are missing from the recording because it failed, including
     * entries that the sink still held. {@link TraceWriter#validBytes} is the end of the file's whole entries.
     *
     * @return a count
     */
    public long unrecorded() {
        return recorder.unrecorded();
    }
}
