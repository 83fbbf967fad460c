// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** Passes a recording to a socket, step by step. Guarded by the clock's lock. */
abstract class ReplayScript {
    /** Something to receive. */
    enum Due {
        NOTHING,
        /** A recorded entry: the current one of {@link #entries()}. */
        ENTRY,
        /** A datagram that is created now. */
        ANSWER
    }

    private static final int SHOWN = 3;
    private static final long NANOS = 1_000_000_000L;

    private final Recording recording;
    private final EntryCursor entries;
    private final Deque<byte[]> answers = new ArrayDeque<>();
    final MessageText text;
    private boolean loaded;
    private boolean exhausted;

    ReplayScript(Recording recording, EntryCursor entries, MessageText text) {
        this.recording = recording;
        this.entries = entries;
        this.text = text;
    }

    /** Returns what is due to be received, without removing it. A batch does not mix answers and entries. */
    abstract Due peek();

    /** Removes what peek returned. */
    abstract void next();

    /** Whether nothing more will be due unless something is sent. */
    abstract boolean ended();

    /** Whether the next entry waits for the test or for another thread, not for time. */
    abstract boolean waitsForOthers();

    /** Whether the test must release the next entry. */
    boolean wantsStep() {
        return false;
    }

    /** Whether a receive takes everything that is due, even if it was recorded at different times. */
    abstract boolean gathers();

    /** Notes that the socket has joined or left a multicast group. */
    void member(int group, boolean joined) {}

    /** Handles a datagram that the socket sends. */
    abstract void sent(byte[] datagram, long portId);

    /** Describes what was not consumed. Afterwards the script is at its end. */
    abstract List<String> left();

    /** The live sequence numbers of recorded requests. */
    abstract Map<Integer, Integer> liveSequences();

    void close() {
        entries.close();
    }

    final ByteOrder order() {
        return recording.order();
    }

    final Recording recording() {
        return recording;
    }

    final EntryCursor entries() {
        return entries;
    }

    final Deque<byte[]> answers() {
        return answers;
    }

    /** Whether the cursor is at an entry that was not consumed. */
    final boolean load() {
        if (!loaded && !exhausted) {
            loaded = entries.next();
            exhausted = !loaded;
        }
        return loaded;
    }

    /** Skips the entry at the cursor. */
    final void consume() {
        loaded = false;
    }

    /** Whether what is due is an overrun that was recorded here. */
    final boolean atOverrun(Due due) {
        return due == Due.ENTRY && entries.kind() == TraceKind.OVERRUN;
    }

    /** Writes what peek returned into the batch's next slot. */
    final void put(DatagramBatch batch, Due due, long portId, ModelClock clock) {
        int slot = batch.count();
        int at = batch.slotOffset(slot);
        ByteBuffer target = batch.buffer();
        if (due == Due.ANSWER) {
            byte[] answer = answers.element();
            target.put(at, answer, 0, Math.min(answer.length, batch.slotSize()));
            batch.add(slot, answer.length);
            batch.lastReceivedAt(clock.epochNanos());
            return;
        }
        int length = entries.datagram().length();
        int kept = Math.min(length, batch.slotSize());
        entries.datagram().copyTo(0, target, at, kept);
        Headers.readdress(target, at, kept, order(), liveSequences(), portId);
        batch.add(slot, length, entries.truncated());
        batch.lastReceivedAt(time(clock));
    }

    /** The time at which the entry at the cursor was recorded. */
    final long time(ModelClock clock) {
        long time = entries.epochNanos();
        return time == TraceEntry.NO_TIME ? clock.epochNanos() : time;
    }

    /** Acknowledges the requests of a datagram that ask for it. */
    final void acknowledge(Collection<ParsedMessage> requests, long portId) {
        for (ParsedMessage request : requests) {
            int wanted = Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK;
            if ((request.flags() & wanted) == wanted) {
                answers.add(Acknowledgements.of(request, portId));
            }
        }
    }

    /**
     * Describes the rest of the recording that should have been consumed: the number of entries, and the first few
     * decoded.
     */
    final List<String> rest() {
        List<String> texts = new ArrayList<>();
        long count = 0;
        while (load()) {
            if (expected()) {
                count++;
                if (texts.size() < SHOWN) {
                    texts.add(describe());
                }
            }
            consume();
        }
        if (count > texts.size()) {
            texts.add("and " + (count - texts.size()) + " entries more");
        }
        return texts;
    }

    /** Whether the entry at the cursor should have been consumed. */
    abstract boolean expected();

    private String describe() {
        String what = switch (entries.kind()) {
            case TO_KERNEL -> "not sent: ";
            case OVERRUN -> "not received: an overrun, ";
            default -> "not received: ";
        };
        String place = what + place(entries.number(), entries.epochNanos());
        return entries.kind() == TraceKind.OVERRUN
                ? place
                : place + "\n" + show(entries.datagram().toArray());
    }

    /** The position of an entry, for messages. */
    final String place(long number, long epochNanos) {
        return recording.name() + ", entry " + number + " of " + recording.entries()
                + (epochNanos == TraceEntry.NO_TIME ? "" : ", " + time(epochNanos));
    }

    private static String time(long epochNanos) {
        return Instant.ofEpochSecond(Math.floorDiv(epochNanos, NANOS), Math.floorMod(epochNanos, NANOS))
                .toString();
    }

    /** A datagram, line by line. */
    final String show(byte[] datagram) {
        StringBuilder shown = new StringBuilder();
        text.lines(datagram, order())
                .forEach(line -> shown.append("    ").append(line.shown()).append('\n'));
        return shown.toString().stripTrailing();
    }
}
