// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.kernel.KernelProperties;
import dev.nfkit.testkit.replay.Pacing;
import dev.nfkit.testkit.replay.Recording;
import dev.nfkit.testkit.replay.Replay;
import dev.nfkit.trace.Trace;
import dev.nfkit.wire.AttributeSchema;
import java.util.List;
import java.util.Optional;

/**
 * Replays a recording to code that would otherwise communicate with the kernel. Safe for any number of threads; needs
 * neither privileges nor Linux; never hangs. {@link Traces} creates instances.
 *
 * <pre>{@code
 * try (ReplayTransport replay = Traces.replay("traces/two-packets.pcapng")) {
 *     ... the code under test opens its session on the replay, runs and closes it ...
 * } // fails unless it did what was recorded
 * }</pre>
 *
 * <p><b>Strict</b> ({@link Traces#replay}): the recording is an expectation. Sent messages must be those of the
 * recording, compared message by message and by structure: sequence numbers, port ids, padding, the order of attributes
 * and the division into datagrams are ignored. Otherwise send throws {@link ReplayMismatchError}, which {@link
 * #verify()} reports too. Answers are the recorded ones with the sequence number and port id of the live request. Order
 * is kept: what was received after a request is delivered after that request was sent. If the recording waits for a
 * request, a receive waits for another thread to send it; if it is not sent within seconds, the receive returns −1, the
 * end. Two kinds of messages are optional. The recorded messages of a shutdown (unbinding a group or queue, closing a
 * queue) need not be sent, so that a session that only runs receives everything and then the end. A session may send
 * such messages even if the recording does not have them; they are acknowledged.
 *
 * <p><b>Lenient</b> ({@link Traces#lenient}): the unsolicited messages of the kernel are replayed; events of
 * connections only to sockets that have joined their groups. Configuration requests are acknowledged; recorded ones and
 * their answers are skipped. Requests to the connection table get their recorded answers: those to the same request,
 * otherwise those to the first one of its kind, each once and again if none is left. A request that was never recorded
 * is refused with EOPNOTSUPP. Changes are acknowledged, and so is the request for the whole table's statistics, by
 * which a client detects whether there is a table. A receive that finds no waiting answer begins with the recorded
 * packets, so that configuration comes first. Once all groups are unbound, nothing more arrives, as from a kernel.
 *
 * <p><b>Sockets</b>: if the recording has several sockets of a protocol (each an interface of the file), each socket
 * that is opened replays one of them. It is the first unused one whose first request equals the socket's first request,
 * otherwise whose first request is for the same group, queue or kind, otherwise, if the replay is strict, the first
 * unused one. If the recording has one, as all files from an nlmon device, each socket that is opened replays it from
 * its start.
 *
 * <p><b>Time</b>: {@code receivedAt} of each datagram is the recorded one. The {@linkplain #pace pace} determines when
 * datagrams arrive. In a strict replay, one receive takes everything that is due up to the next request and fits; in a
 * lenient one, what was recorded at the same time. A recorded overrun marks the batch unless NO_ENOBUFS is on, and
 * counts as one drop, since the recording does not contain the number.
 *
 * <p><b>Memory</b> is constant: each socket reads the file separately. The file must not change meanwhile. Only
 * requests to the connection table and their answers are copied.
 *
 * <p><b>Views</b>: a borrowed packet that is used after its callback has returned fails {@link #verify()}, which names
 * the places. Watching takes microseconds for each packet, so by default only the first 4096 datagrams of each socket
 * are watched.
 */
public final class ReplayTransport implements NetlinkTransport, AutoCloseable {
    private final Replay replay;
    private final FakeKernelView kernel =
            new FakeKernelView(new KernelProperties(), List::of, List::of, Optional::empty).conntrackGlue(true);
    private TestClock clock = TestClock.automatic();

    ReplayTransport(Recording recording, boolean strict) {
        replay = new Replay(
                recording,
                strict,
                clock.model(),
                difference -> new ReplayMismatchError(String.valueOf(difference.getMessage())));
    }

    /**
     * Creates a lenient replay of a recording in memory, as {@link Traces#lenient(Trace)}.
     *
     * @param trace the recording
     * @return a transport
     */
    public static ReplayTransport lenient(Trace trace) {
        return new ReplayTransport(Recording.of(trace), false);
    }

    /**
     * Creates a strict replay of a recording in memory, as {@link Traces#replay(Trace)}.
     *
     * @param trace the recording
     * @return a transport
     */
    public static ReplayTransport strict(Trace trace) {
        return new ReplayTransport(Recording.of(trace), true);
    }

    /**
     * Sets the clock: an automatic one unless set. To be called before the first socket is opened.
     *
     * @param follows the clock
     * @return this transport
     * @throws IllegalStateException if a socket was opened already
     */
    public ReplayTransport clock(TestClock follows) {
        replay.clock(follows.model());
        clock = follows;
        return this;
    }

    /**
     * Sets the pace: at once unless set. To be called before the first socket is opened.
     *
     * @param when the pace
     * @return this transport
     * @throws IllegalStateException if a socket was opened already
     */
    public ReplayTransport pace(ReplayPace when) {
        replay.pace(Pacing.Mode.valueOf(when.name()));
        return this;
    }

    /**
     * Sets whether borrowed views are watched for uses after their callback: of all packets, or of none, for speed. By
     * default, the first 4096 datagrams of each socket are watched. To be called before the first socket is opened.
     *
     * @param all whether all views are watched
     * @return this transport
     * @throws IllegalStateException if a socket was opened already
     */
    public ReplayTransport strictViews(boolean all) {
        replay.strictViews(all);
        return this;
    }

    /**
     * Sets the attributes of a message, for mismatches. Those of NFLOG, NFQUEUE and conntrack are known; others are
     * shown by number and in hexadecimal.
     *
     * @param messageType {@code nlmsg_type}
     * @param schema its attributes, including the name of the message
     * @return this transport
     */
    public ReplayTransport schema(int messageType, AttributeSchema schema) {
        replay.schema(messageType, schema);
        return this;
    }

    @Override
    public ReplaySocket open(int protocol) throws NetlinkException {
        return new ReplaySocket(replay.open(protocol));
    }

    /** Releases the next unsolicited datagram of a replay in steps. */
    public void step() {
        step(1);
    }

    /**
     * Releases the next unsolicited datagrams of a replay in steps, for any of its sockets.
     *
     * @param count the number of datagrams, at least 1
     * @throws IllegalArgumentException if the count is less than 1
     * @throws IllegalStateException if the pace is not {@link ReplayPace#STEPPED}
     */
    public void step(int count) {
        replay.step(count);
    }

    /**
     * Returns the view of the kernel, which no recording contains; the test may set it.
     *
     * @return the view, always the same
     */
    @Override
    public FakeKernelView kernel() {
        return kernel;
    }

    @Override
    public long nanoTime() {
        return clock.nanoTime();
    }

    /**
     * Returns the clock that this transport follows.
     *
     * @return the clock
     */
    public TestClock clock() {
        return clock;
    }

    /**
     * Fails if the code under test did not do what was recorded: something different was sent, on any thread; something
     * was not sent, was not received, or was discarded by a session that was closed; a recorded socket was not opened.
     * Also fails if a socket is open, or a borrowed view was used after its callback. May be called once: it consumes
     * the rest of the recording.
     *
     * @throws AssertionError with all problems, and the first few messages decoded
     */
    public void verify() {
        replay.verify();
    }

    /**
     * Verifies as {@link #verify()}, closes the open sockets, and releases the recording. Idempotent: a second call
     * does nothing.
     *
     * @throws AssertionError as {@link #verify()}; everything is closed anyway
     */
    @Override
    public void close() {
        replay.close();
    }
}
