// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Replays everything that was received, each datagram after the request that it followed, and compares sent messages
 * with recorded ones. Guarded by the clock's lock.
 *
 * <p>One cursor iterates over what is received. Requests that it passes before they are sent are copied and wait in
 * {@link #met}. Messages that are sent earlier are looked up by a second cursor. So memory is bounded for recordings of
 * any length.
 */
final class StrictScript extends ReplayScript {
    private static final long STARVES_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** Requests whose answers are still expected. A recording may have a million verdicts, which have no answers. */
    private static final int SEQUENCES = 16_384;

    private static final int SEQUENCE = 8;
    private static final int AFTER_PORT_ID = 16;

    private final ModelClock clock;
    private final Pacing pacing;
    private final @Nullable SocketOfRecording of;
    private final SentSequences sequences = new SentSequences();
    /** Recorded requests that the receiving cursor has passed, and that were not sent yet. */
    private final Deque<ExpectedRequest> met = new ArrayDeque<>();
    /** The recorded request of which some messages, but not all, were sent. */
    private @Nullable ExpectedRequest current;
    /** Answers to shutdown requests, until these are sent. */
    private final List<byte[]> shutdownAnswers = new ArrayList<>();

    private @Nullable EntryCursor lookahead;
    /** The number of the request that was matched last, for comparison. */
    private long taken;
    /** The number of recorded requests that were sent before the receiving cursor reached them. */
    private long ahead;

    private boolean metThis;
    private boolean answer;
    private long passed;
    private ModelClock.@Nullable Timer starving;
    private boolean starved;
    private boolean broken;

    /** The live sequence number of each recorded request. */
    private static final class SentSequences extends LinkedHashMap<Integer, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Integer> eldest) {
            return size() > SEQUENCES;
        }
    }

    StrictScript(
            Recording recording, @Nullable SocketOfRecording of, MessageText text, ModelClock clock, Pacing pacing) {
        super(recording, recording.open(of), text);
        this.clock = clock;
        this.pacing = pacing;
        this.of = of;
    }

    @Override
    Due peek() {
        while (!starved && !broken && load()) {
            if (entries().kind() == TraceKind.TO_KERNEL) {
                if (!pass()) {
                    starve();
                    return Due.NOTHING;
                }
            } else if (!holdBack()) {
                answer = entries().kind() == TraceKind.FROM_KERNEL
                        && Headers.answers(entries().datagram(), order(), sequences);
                return pacing.due(entries().epochNanos(), answer) ? Due.ENTRY : Due.NOTHING;
            }
        }
        return answers().isEmpty() ? Due.NOTHING : Due.ANSWER;
    }

    /** Passes a request that was sent, or that is a shutdown; false if it has to be sent first. */
    private boolean pass() {
        if (ahead > 0) {
            ahead--;
        } else {
            if (!metThis) {
                meet();
            }
            boolean sent = met.isEmpty() && current == null;
            if (!sent
                    && !(passed > 0
                            && entries().number() == lastMet().number()
                            && lastMet().shutsDown())) {
                return false;
            }
            metThis = false;
        }
        passed++;
        consume();
        return true;
    }

    private void meet() {
        metThis = true;
        ExpectedRequest begun = current;
        if (begun != null && begun.number() == entries().number()) {
            return;
        }
        met.add(new ExpectedRequest(
                entries().datagram().toArray(),
                order(),
                entries().number(),
                entries().epochNanos()));
    }

    private ExpectedRequest lastMet() {
        ExpectedRequest begun = current;
        return met.isEmpty() && begun != null ? begun : met.getLast();
    }

    /** Holds back the answer to a shutdown request that was not sent yet. */
    private boolean holdBack() {
        if (met.isEmpty()
                || entries().kind() != TraceKind.FROM_KERNEL
                || !Headers.isError(entries().datagram(), order())) {
            return false;
        }
        int sequence = Headers.sequence(entries().datagram(), order());
        if (met.stream().noneMatch(request -> request.has(sequence))) {
            return false;
        }
        shutdownAnswers.add(entries().datagram().toArray());
        consume();
        return true;
    }

    private void starve() {
        if (starving == null) {
            starving = clock.schedule(clock.now() + STARVES_NANOS, () -> starved = true);
        }
    }

    @Override
    void next() {
        if (starved || broken || !load()) {
            answers().poll();
        } else {
            if (entries().kind() == TraceKind.FROM_KERNEL) {
                pacing.given(answer);
            }
            consume();
        }
    }

    @Override
    boolean ended() {
        return (starved || broken || !load()) && answers().isEmpty();
    }

    @Override
    boolean gathers() {
        return true; // what was answered together is received together
    }

    @Override
    boolean waitsForOthers() {
        return !starved && !broken && (starving != null || pacing.wantsStep());
    }

    @Override
    boolean wantsStep() {
        return pacing.wantsStep();
    }

    @Override
    Map<Integer, Integer> liveSequences() {
        return sequences;
    }

    @Override
    void sent(byte[] datagram, long portId) {
        ByteBuffer messages = ByteBuffer.wrap(datagram);
        int at = 0;
        while (at < datagram.length) {
            int length = Headers.length(messages, at, datagram.length, order());
            if (length < 0) {
                broken = true;
                throw new AssertionError("a malformed datagram was sent to the kernel:\n" + show(datagram));
            }
            byte[] message = Arrays.copyOfRange(datagram, at, at + length);
            ExpectedRequest expected = starved || broken ? null : expectedRequest();
            if (expected == null) {
                unscripted(message, portId);
            } else {
                compare(expected, message, portId);
            }
            at += Netlink.align(length);
        }
    }

    /** The recorded request whose next message is to be sent; null if there is none. */
    private @Nullable ExpectedRequest expectedRequest() {
        ExpectedRequest request = current;
        if (request == null) {
            if (met.isEmpty() && load() && entries().kind() == TraceKind.TO_KERNEL && ahead == 0 && !metThis) {
                meet();
            }
            request = met.isEmpty() ? lookAhead() : met.poll();
            taken = request == null ? taken : request.number();
            current = request;
        }
        return request;
    }

    private @Nullable ExpectedRequest lookAhead() {
        if (!load()) {
            return null;
        }
        EntryCursor cursor = lookahead == null ? recording().open(of) : lookahead;
        lookahead = cursor;
        while (cursor.next()) {
            if (cursor.kind() == TraceKind.TO_KERNEL && cursor.number() > taken) {
                return new ExpectedRequest(cursor.datagram().toArray(), order(), cursor.number(), cursor.epochNanos());
            }
        }
        return null;
    }

    private void compare(ExpectedRequest expected, byte[] message, long portId) {
        byte[] recorded = expected.message();
        if (!same(recorded, message)) {
            broken = true;
            throw new ReplayMismatch("what was sent differs from the recording here:\n--- recorded: "
                    + place(expected.number(), expected.epochNanos()) + "\n+++ sent: by socket " + portId + "\n"
                    + MessageDiff.of(text.lines(recorded, order()), text.lines(message, order())));
        }
        sequences.put(Headers.sequence(recorded, order()), Headers.sequence(message, order()));
        if (expected.advance()) {
            finished(expected, portId);
        }
    }

    /** Notes that all messages of a recorded request were sent. */
    private void finished(ExpectedRequest request, long portId) {
        current = null;
        if (load() && request.number() >= entries().number()) {
            if (request.number() == entries().number()) {
                pacing.origin(request.epochNanos());
            }
            ahead += request.number() == entries().number() && metThis ? 0 : 1;
        }
        if (met.isEmpty()) {
            shutdownAnswers.forEach(datagram -> {
                Headers.readdress(ByteBuffer.wrap(datagram), 0, datagram.length, order(), sequences, portId);
                answers().add(datagram);
            });
            shutdownAnswers.clear();
        }
        ModelClock.Timer pending = starving;
        if (pending != null) {
            clock.cancel(pending);
            starving = null;
        }
    }

    private boolean same(byte[] recorded, byte[] message) {
        boolean equal = recorded.length == message.length
                && Arrays.equals(recorded, 0, SEQUENCE, message, 0, SEQUENCE)
                && Arrays.equals(recorded, AFTER_PORT_ID, recorded.length, message, AFTER_PORT_ID, message.length);
        return equal || text.structure(recorded, order()).equals(text.structure(message, order()));
    }

    /** Handles a message that the recording does not have. Only shutdown requests are permitted. */
    private void unscripted(byte[] message, long portId) {
        List<ParsedMessage> requests;
        try {
            requests = ParsedMessage.parse(message, order(), portId);
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed message was sent to the kernel: " + e.getMessage(), e);
        }
        boolean shutdown = requests.stream().allMatch(StrictScript::shutsDown);
        if (!starved && !broken && !shutdown) {
            broken = true;
            throw new ReplayMismatch(recording().name() + ": the recording sends nothing more here, but socket "
                    + portId + " sent\n" + show(message));
        }
        acknowledge(requests, portId);
    }

    private static boolean shutsDown(ParsedMessage request) {
        return request.type() == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH || ExpectedRequest.shutsDown(request);
    }

    @Override
    boolean expected() {
        if (entries().kind() != TraceKind.TO_KERNEL) {
            return true;
        }
        boolean known = ahead > 0 || metThis; // it was sent, or was reported already
        ahead -= ahead > 0 ? 1 : 0;
        metThis = false;
        return !known;
    }

    @Override
    List<String> left() {
        List<String> texts = new ArrayList<>();
        if (broken) {
            return texts; // the mismatch describes the problem completely
        }
        ExpectedRequest begun = current;
        if (begun != null) {
            met.addFirst(begun);
        }
        for (ExpectedRequest request : met) {
            texts.add("not sent: " + place(request.number(), request.epochNanos()) + "\n" + show(request.message()));
        }
        if (!shutdownAnswers.isEmpty()) {
            texts.add("and " + shutdownAnswers.size() + " answers to it");
        }
        texts.addAll(rest());
        return texts;
    }

    @Override
    void close() {
        pacing.end();
        if (lookahead != null) {
            lookahead.close();
        }
        super.close();
    }
}
