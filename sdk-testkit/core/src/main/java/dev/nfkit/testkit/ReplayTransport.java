package dev.nfkit.testkit;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.trace.Trace;
import dev.nfkit.wire.AttributeSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Replays a recording into the code that would talk to the kernel. Safe for any number of threads; needs no privileges and
 * no Linux; never hangs. {@link Traces} makes it.
 *
 * <pre>{@code
 * try (ReplayTransport replay = Traces.replay("traces/two-packets.pcapng")) {
 *     ... the code under test opens its session on the replay, runs and closes it ...
 * } // fails unless it did what was recorded
 * }</pre>
 *
 * <p><b>Strict</b> ({@link Traces#replay}), the recording is an expectation: what is sent must be what was sent then,
 * message by message, by structure: sequence numbers, port ids, padding, the order of attributes and how messages share
 * datagrams aside. Else send throws {@link ReplayMismatchError}, which {@link #verify()} tells of as well. Answers are the
 * recorded ones with the live request's sequence number and port id, and everything comes at its place: what was received
 * after a request comes after that request was sent. Where the recording waits for a request, a receive waits for another
 * thread to send it; where none comes within seconds it ends, −1. Two things are not waited for and may be left out: what
 * the recording sends in order to take leave (unbinding a group or queue, shutting a queue), so that a session that only
 * runs gets everything and then the end, and what a session sends to take leave that the recording does not have, which is
 * acknowledged.
 *
 * <p><b>Lenient</b> ({@link Traces#lenient}), what the kernel sent of its own is replayed, and events of connections to who
 * has joined their groups. What the code configures is acknowledged; recorded requests for that and their answers are left
 * out. What it asks of the table of connections is answered as it was then: by the answers to the same request, else by
 * those to the first one of its kind, each once and again where none is left. What was never asked then is refused with
 * EOPNOTSUPP; a change is acknowledged, and so is the question for the whole table's statistics, by which a client sees
 * whether there is a table. A receive that finds no answer waiting begins with the recorded packets, so that configuration
 * comes first. Once all groups are unbound nothing more comes, as from a kernel.
 *
 * <p><b>Sockets</b>: where the recording has several of a protocol (each an interface of the file), each socket that is
 * opened replays one of them: the first that is left whose first request is what it sends first, else whose first request
 * is for the same group, queue or kind, else, where it is strict, the first that is left. Where it has one, as all files
 * from an nlmon device, each socket that is opened replays that one from its start.
 *
 * <p><b>Time</b>: {@code receivedAt} of each datagram is the recorded one. What comes when is the {@linkplain #pace pace}. One
 * receive takes, strict, all that is due up to the next request and fits; lenient, what was recorded at one time.
 * A recorded overrun marks the batch unless NO_ENOBUFS is on, and counts as one drop, as the recording does not tell how
 * many.
 *
 * <p><b>Memory</b> is constant: each socket steps through the file on its own, which must stay as it is meanwhile. Only of
 * requests to the table of connections, and their answers, a copy is kept.
 *
 * <p><b>Views</b>: a borrowed packet that is used after its callback has returned fails {@link #verify()}, which names the
 * places. Finding it takes microseconds a packet, so by default only the first 4096 datagrams of each socket are watched.
 */
public final class ReplayTransport implements NetlinkTransport, AutoCloseable {
    private static final long WATCHED = 4096;

    private final Recording recording;
    private final boolean strict;
    private final FakeKernelView kernel = new FakeKernelView(List::of, List::of, Optional::empty).conntrackGlue(true);
    private final MessageNames names = new MessageNames();
    private final MessageText text = new MessageText(names);
    private final Escapes escapes = new Escapes();
    private final Pacing.Steps steps = new Pacing.Steps();
    private final List<ReplaySocket> sockets = new ArrayList<>();
    private final List<RecordedSocket> claimed = new ArrayList<>();
    private final List<AssertionError> failures = new ArrayList<>();
    private TestClock clock = TestClock.automatic();
    private ReplayPace pace = ReplayPace.IMMEDIATE;
    private long watched = WATCHED;
    private long nextPort = 4711;
    private boolean closed;

    ReplayTransport(Recording recording, boolean strict) {
        this.recording = recording;
        this.strict = strict;
    }

    /**
     * A lenient replay of a recording in memory, as {@link Traces#lenient(Trace)}.
     *
     * @param trace the recording
     * @return a transport
     */
    public static ReplayTransport lenient(Trace trace) {
        return new ReplayTransport(Recording.of(trace), false);
    }

    /**
     * A strict replay of a recording in memory, as {@link Traces#replay(Trace)}.
     *
     * @param trace the recording
     * @return a transport
     */
    public static ReplayTransport strict(Trace trace) {
        return new ReplayTransport(Recording.of(trace), true);
    }

    /**
     * Sets what time follows: an automatic clock unless set. Before the first socket is opened.
     *
     * @param follows the clock
     * @return this transport
     * @throws IllegalStateException if a socket was opened already
     */
    public ReplayTransport clock(TestClock follows) {
        requireUnopened("the clock");
        clock = Objects.requireNonNull(follows, "clock");
        return this;
    }

    /**
     * Sets when what was received is given: at once unless set. Before the first socket is opened.
     *
     * @param when the pace
     * @return this transport
     * @throws IllegalStateException if a socket was opened already
     */
    public ReplayTransport pace(ReplayPace when) {
        requireUnopened("the pace");
        pace = Objects.requireNonNull(when, "pace");
        return this;
    }

    /**
     * Sets whether borrowed views are watched for uses after their callback: of all packets, or of none, for speed. Unless
     * set, of the first 4096 datagrams of each socket. Before the first socket is opened.
     *
     * @param all whether all are
     * @return this transport
     * @throws IllegalStateException if a socket was opened already
     */
    public ReplayTransport strictViews(boolean all) {
        requireUnopened("whether views are strict");
        watched = all ? Long.MAX_VALUE : 0;
        return this;
    }

    /**
     * Names the attributes of a message, for mismatches; those of NFLOG, NFQUEUE and conntrack are known already, and others
     * are shown by number and in hexadecimal.
     *
     * @param messageType {@code nlmsg_type}
     * @param schema its attributes; its name stands for the message
     * @return this transport
     */
    public ReplayTransport schema(int messageType, AttributeSchema schema) {
        names.know(messageType, schema.name(), schema);
        return this;
    }

    private void requireUnopened(String what) {
        clock.lock().lock();
        try {
            if (!sockets.isEmpty()) {
                throw new IllegalStateException(what + " is to be set before the first socket is opened");
            }
        } finally {
            clock.lock().unlock();
        }
    }

    @Override
    public ReplaySocket open(int protocol) throws NetlinkException {
        clock.lock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the replay of " + recording.name() + " is closed");
            }
            ReplaySocket socket = new ReplaySocket(this, protocol, nextPort++, recording.order());
            sockets.add(socket);
            List<RecordedSocket> recorded = recording.sockets(protocol);
            if (recorded.size() < 2) {
                socket.follow(script(recorded.isEmpty() ? new RecordedSocket(-1, protocol, null) : recorded.get(0)));
            }
            return socket;
        } finally {
            clock.lock().unlock();
        }
    }

    private ReplayScript script(RecordedSocket of) {
        claimed.add(of);
        Pacing pacing = new Pacing(pace, clock, steps);
        return strict
                ? new StrictScript(recording, of, text, clock, pacing)
                : new LenientScript(recording, recording.open(of), text, pacing);
    }

    /** The script for a socket that begins, by sending something or by receiving; wants the lock. */
    ReplayScript script(ReplaySocket socket, byte @Nullable [] sent) {
        List<RecordedSocket> free = recording.sockets(socket.protocol()).stream()
                .filter(each -> !claimed.contains(each))
                .toList();
        RecordedSocket found = sent == null ? Claim.unasked(free) : Claim.asked(free, sent, recording.order(), text);
        if (found == null && (strict || sent == null) && !free.isEmpty()) {
            found = free.get(0);
        }
        if (found == null && strict) {
            throw failed(new AssertionError(recording.name() + " has "
                    + recording.sockets(socket.protocol()).size()
                    + " sockets of protocol " + socket.protocol() + ", and all are replayed: there is none for socket "
                    + socket.portId()));
        }
        return script(found == null ? new RecordedSocket(-1, socket.protocol(), null) : found);
    }

    /** Has a batch's views watched, as far as that is wanted; wants the lock. */
    void lend(DatagramBatch batch, long datagramsBefore) {
        batch.strict(datagramsBefore < watched ? escapes : null);
    }

    /** Notes a failure, so that the test fails of it wherever it was thrown; wants the lock. */
    @SuppressWarnings("ReferenceEquality") // the very error, which may come by twice
    AssertionError failed(AssertionError failure) {
        if (failures.stream().noneMatch(known -> known == failure)) {
            failures.add(failure);
        }
        return failure;
    }

    /** Lets a replay in steps give the next datagram that was received unasked. */
    public void step() {
        step(1);
    }

    /**
     * Lets a replay in steps give the next datagrams that were received unasked, to whichever sockets ask for them.
     *
     * @param count how many, 1 and more
     * @throws IllegalArgumentException if the count is less than 1
     * @throws IllegalStateException if the pace is another than {@link ReplayPace#STEPPED}
     */
    public void step(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("step count " + count + " is less than 1");
        }
        clock.lock().lock();
        try {
            if (pace != ReplayPace.STEPPED) {
                throw new IllegalStateException("step() is for the pace STEPPED; this replay's is " + pace);
            }
            steps.release(count);
            clock.changed();
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * What the kernel tells besides its sockets, which no recording has: the test may set it.
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
     * The clock.
     *
     * @return what this transport's time follows
     */
    public TestClock clock() {
        return clock;
    }

    /**
     * Fails where the code under test did not do what was recorded, or did what it must not: something sent was not what
     * the recording has, on whichever thread that was; something was not sent, or not received, or was thrown away by a
     * session that was closed; a recorded socket was not opened; a socket is open; a borrowed view was used after its
     * callback. Once: it takes what is left of the recording.
     *
     * @throws AssertionError naming all of it, with the first few messages decoded
     */
    public void verify() {
        clock.lock().lock();
        try {
            new ReplayVerdict(recording.name(), failures, escapes).check(problems());
        } finally {
            clock.lock().unlock();
        }
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (sockets.isEmpty()) {
            problems.add("no socket was opened");
        }
        for (ReplaySocket socket : sockets) {
            if (!socket.closed()) {
                problems.add("socket " + socket.portId() + " is open");
            }
            if (socket.discarded() > 0) {
                problems.add("the session of socket " + socket.portId() + " was closed and threw away "
                        + socket.discarded() + " messages that nobody had seen");
            }
            ReplayScript script = socket.script();
            if (script != null) {
                List<String> left = script.left();
                if (!left.isEmpty()) {
                    problems.add("socket " + socket.portId() + " left something of the recording:\n  "
                            + String.join("\n  ", left));
                }
            }
        }
        for (RecordedSocket recorded : recording.sockets()) {
            if (!sockets.isEmpty() && !claimed.contains(recorded) && !recording.shared(recorded)) {
                problems.add(recorded + ", was not opened");
            }
        }
        return problems;
    }

    /**
     * Verifies, as {@link #verify()}, closes the sockets that are open, and lets go of the recording. Idempotent: the second
     * call does nothing.
     *
     * @throws AssertionError as {@link #verify()}; everything is closed all the same
     */
    @Override
    public void close() {
        List<ReplaySocket> opened;
        clock.lock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            opened = List.copyOf(sockets);
        } finally {
            clock.lock().unlock();
        }
        try {
            verify();
        } finally {
            for (ReplaySocket socket : opened) {
                socket.close();
                socket.release();
            }
        }
    }
}
