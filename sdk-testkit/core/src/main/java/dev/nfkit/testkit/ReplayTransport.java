package dev.nfkit.testkit;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.AttributeSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Replays a recording into the code that would talk to the kernel. Safe for any number of threads; needs no
 * privileges; never waits in real time and never hangs: what has ended makes receive return −1.
 *
 * <p><b>Lenient</b>, what the kernel sent of its own is replayed, and events of connections to who has joined their
 * groups. What the code configures is acknowledged; recorded requests for that and their answers are left out. What it
 * asks of the table of connections is answered as it was then: by the answers to the same request, else by those to the
 * first one of its kind, each once and again where none is left. What was never asked then is refused with EOPNOTSUPP; a
 * change is acknowledged, and so is the question for the whole table's statistics, by which a client sees whether there
 * is a table. A receive that finds no answer waiting begins with the recorded packets, so that configuration
 * comes first. Once all groups are unbound nothing more comes, as from a kernel.
 *
 * <p><b>Strict</b>, the recording is an expectation: what is sent must be what was sent then, by structure; sequence
 * numbers, port ids, padding and the order of attributes aside. Else send throws {@link ReplayMismatchError}. Answers
 * are the recorded ones with the live request's sequence number and port id, and everything comes at its place: what
 * was received after a request comes after that request. Where the recording waits for a request that does not come,
 * receive returns 0 until 60 seconds of {@link #clock()}, which jumps, have passed, then −1. Requests after the end,
 * which take leave, are acknowledged.
 *
 * <p>Each socket that is opened replays the recording from its start. {@code receivedAt} is the recorded time, so that
 * a batch holds datagrams of one time. A recorded overrun marks the batch unless NO_ENOBUFS is on, and counts as one
 * drop, as the recording does not tell how many.
 */
public final class ReplayTransport implements NetlinkTransport {
    private final Trace trace;
    private final boolean strict;
    private final TestClock clock;
    private final FakeKernelView kernel = new FakeKernelView(List::of, List::of);
    private final Map<Integer, AttributeSchema> schemas = new HashMap<>();
    private final List<ReplaySocket> sockets = new ArrayList<>();
    private long nextPort = 4711;

    private ReplayTransport(Trace trace, boolean strict, TestClock clock) {
        this.trace = trace;
        this.strict = strict;
        this.clock = clock;
    }

    /**
     * A lenient replay.
     *
     * @param trace the recording
     * @return a transport
     */
    public static ReplayTransport lenient(Trace trace) {
        return new ReplayTransport(trace, false, TestClock.automatic());
    }

    /**
     * A strict replay.
     *
     * @param trace the recording
     * @return a transport
     */
    public static ReplayTransport strict(Trace trace) {
        return new ReplayTransport(trace, true, TestClock.automatic());
    }

    /**
     * Names the attributes of a message, for mismatches; attributes that are not named are shown by number and in
     * hexadecimal.
     *
     * @param messageType {@code nlmsg_type}
     * @param schema its attributes
     * @return this transport
     */
    public ReplayTransport schema(int messageType, AttributeSchema schema) {
        schemas.put(messageType, schema);
        return this;
    }

    @Override
    public ReplaySocket open(int protocol) throws NetlinkException {
        clock.lock().lock();
        try {
            List<TraceEntry> entries = trace.entries().stream()
                    .filter(entry -> entry.protocol() == protocol && entry.kind() != TraceKind.NOTE)
                    .toList();
            ReplayScript script = strict
                    ? new StrictScript(clock, entries, trace.order(), schemas)
                    : new LenientScript(entries, trace.order());
            ReplaySocket socket = new ReplaySocket(clock, nextPort++, trace.order(), script);
            sockets.add(socket);
            return socket;
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
     * The clock, which is automatic.
     *
     * @return what this transport's time follows
     */
    public TestClock clock() {
        return clock;
    }

    /**
     * Fails where something is left over: no socket was opened, one is open, or one has not received or sent all that
     * was recorded.
     *
     * @throws AssertionError naming what is left over, the next step of each script first
     */
    public void verify() {
        clock.lock().lock();
        try {
            List<String> left = new ArrayList<>();
            if (sockets.isEmpty()) {
                left.add("no socket was opened");
            }
            for (ReplaySocket socket : sockets) {
                if (!socket.closed()) {
                    left.add("socket " + socket.portId() + " is open");
                }
                List<String> steps = socket.script().left();
                if (!steps.isEmpty()) {
                    left.add(steps.size() + " steps of the recording for socket " + socket.portId() + ", next: "
                            + steps.get(0));
                }
            }
            if (!left.isEmpty()) {
                throw new AssertionError("left over: " + String.join("; ", left));
            }
        } finally {
            clock.lock().unlock();
        }
    }
}
