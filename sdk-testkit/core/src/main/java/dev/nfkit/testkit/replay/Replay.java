// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.testkit.socket.Escapes;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.AttributeSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A replay of a recording: its sockets, and what went wrong. Safe for any number of threads. */
public final class Replay {
    private static final long WATCHED = 4096;

    private final Recording recording;
    private final boolean strict;
    private final Function<ReplayMismatch, AssertionError> mismatch;
    private final MessageNames names = new MessageNames();
    private final MessageText text = new MessageText(names);
    private final Escapes escapes = new Escapes();
    private final Pacing.Steps steps = new Pacing.Steps();
    private final List<ReplayedSocket> sockets = new ArrayList<>();
    private final List<SocketOfRecording> claimed = new ArrayList<>();
    private final List<AssertionError> failures = new ArrayList<>();
    private ModelClock clock;
    private Pacing.Mode pace = Pacing.Mode.IMMEDIATE;
    private long watched = WATCHED;
    private long nextPort = 4711;
    private boolean closed;

    /**
     * Creates a replay.
     *
     * @param strict whether requests are compared with the recorded ones
     * @param clock the clock to follow
     * @param mismatch makes the error that is thrown for a mismatch
     */
    public Replay(
            Recording recording, boolean strict, ModelClock clock, Function<ReplayMismatch, AssertionError> mismatch) {
        this.recording = recording;
        this.strict = strict;
        this.clock = clock;
        this.mismatch = mismatch;
    }

    /** The clock that it follows. */
    public ModelClock clock() {
        return clock;
    }

    /** Sets the clock, before the first socket is opened. */
    public void clock(ModelClock follows) {
        requireUnopened("the clock");
        clock = follows;
    }

    /** Sets the pace, before the first socket is opened. */
    public void pace(Pacing.Mode when) {
        requireUnopened("the pace");
        pace = when;
    }

    /** Sets whether all borrowed views are watched, or none, before the first socket is opened. */
    public void strictViews(boolean all) {
        requireUnopened("whether views are strict");
        watched = all ? Long.MAX_VALUE : 0;
    }

    /** Sets the attributes of a message, for the texts of mismatches. */
    public void schema(int messageType, AttributeSchema schema) {
        names.know(messageType, schema.name(), schema);
    }

    private void requireUnopened(String what) {
        clock.locked(() -> {
            if (!sockets.isEmpty()) {
                throw new IllegalStateException(what + " must be set before the first socket is opened");
            }
        });
    }

    /** Opens a socket of a netlink protocol. */
    public ReplayedSocket open(int protocol) {
        return clock.locked(() -> {
            if (closed) {
                throw new IllegalStateException("the replay of " + recording.name() + " is closed");
            }
            ReplayedSocket socket = new ReplayedSocket(this, protocol, nextPort++, recording.order());
            sockets.add(socket);
            List<SocketOfRecording> recorded = recording.sockets(protocol);
            if (recorded.size() < 2) {
                socket.follow(script(recorded.isEmpty() ? new SocketOfRecording(-1, protocol, null) : recorded.get(0)));
            }
            return socket;
        });
    }

    private ReplayScript script(SocketOfRecording of) {
        claimed.add(of);
        Pacing pacing = new Pacing(pace, clock, steps);
        return strict
                ? new StrictScript(recording, of, text, clock, pacing)
                : new LenientScript(recording, of, text, pacing);
    }

    /** The script for a socket whose first action is a send or a receive; requires the lock. */
    ReplayScript script(ReplayedSocket socket, byte @Nullable [] sent) {
        List<SocketOfRecording> free = recording.sockets(socket.protocol()).stream()
                .filter(each -> !claimed.contains(each))
                .toList();
        SocketOfRecording found = sent == null ? Claim.unasked(free) : Claim.asked(free, sent, recording.order(), text);
        if (found == null && (strict || sent == null) && !free.isEmpty()) {
            found = free.get(0);
        }
        if (found == null && strict) {
            throw failed(new AssertionError(recording.name() + " has "
                    + recording.sockets(socket.protocol()).size()
                    + " sockets of protocol " + socket.protocol() + ", and all are in use: there is none for socket "
                    + socket.portId()));
        }
        return script(found == null ? new SocketOfRecording(-1, socket.protocol(), null) : found);
    }

    /** Watches a batch's views, if requested; requires the lock. */
    void lend(DatagramBatch batch, long datagramsBefore) {
        batch.strict(datagramsBefore < watched ? escapes : null);
    }

    /** Notes a failure, so that the test fails even if the exception is caught; requires the lock. */
    @SuppressWarnings("ReferenceEquality") // the same error may be noted twice
    AssertionError failed(AssertionError thrown) {
        AssertionError failure = thrown instanceof ReplayMismatch difference ? mismatch.apply(difference) : thrown;
        if (failures.stream().noneMatch(known -> known == failure)) {
            failures.add(failure);
        }
        return failure;
    }

    /** Releases the next unsolicited datagrams of a replay in steps. */
    public void step(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("step count " + count + " is less than 1");
        }
        clock.locked(() -> {
            if (pace != Pacing.Mode.STEPPED) {
                throw new IllegalStateException("step() is for the pace STEPPED; this replay's is " + pace);
            }
            steps.release(count);
            clock.changed();
        });
    }

    /** Fails if the code under test did not do what was recorded. May be called once. */
    public void verify() {
        clock.locked(() -> new ReplayVerdict(recording.name(), failures, escapes).check(problems()));
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (sockets.isEmpty()) {
            problems.add("no socket was opened");
        }
        for (ReplayedSocket socket : sockets) {
            if (socket.isOpen()) {
                problems.add("socket " + socket.portId() + " is open");
            }
            if (socket.discarded() > 0) {
                problems.add("the session of socket " + socket.portId() + " was closed and discarded "
                        + socket.discarded() + " messages that were not delivered");
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
        for (SocketOfRecording recorded : recording.sockets()) {
            if (!sockets.isEmpty() && !claimed.contains(recorded) && !recording.shared(recorded)) {
                problems.add(recorded + ", was not opened");
            }
        }
        return problems;
    }

    /** Verifies, closes the open sockets, and releases the recording; a second call does nothing. */
    public void close() {
        boolean again = clock.locked(() -> {
            boolean before = closed;
            closed = true;
            return before;
        });
        if (again) {
            return;
        }
        List<ReplayedSocket> opened = clock.locked(() -> List.copyOf(sockets));
        try {
            verify();
        } finally {
            for (ReplayedSocket socket : opened) {
                socket.close();
                socket.release();
            }
        }
    }
}
