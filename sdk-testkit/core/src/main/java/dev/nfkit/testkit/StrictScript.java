package dev.nfkit.testkit;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Gives everything that was received, each behind the request it followed. Guarded by the clock's lock. */
final class StrictScript extends ReplayScript {
    private static final long STARVES_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final TestClock clock;
    private final List<TraceEntry> entries;
    private final Map<Integer, AttributeSchema> schemas;
    private final Map<Integer, Integer> liveSequences = new HashMap<>();
    private int received;
    private int sent;
    private TestClock.@Nullable Timer starving;
    private boolean starved;

    StrictScript(TestClock clock, List<TraceEntry> entries, ByteOrder order, Map<Integer, AttributeSchema> schemas) {
        super(order);
        this.clock = clock;
        this.entries = entries;
        this.schemas = schemas;
        this.sent = nextRequest(0);
    }

    private int nextRequest(int from) {
        int index = from;
        while (index < entries.size() && entries.get(index).kind() != TraceKind.TO_KERNEL) {
            index++;
        }
        return index;
    }

    @Override
    @Nullable
    Step peek(long portId) {
        while (received < sent && entries.get(received).kind() == TraceKind.TO_KERNEL) {
            received++;
        }
        if (received < entries.size() && !starved) {
            if (received < sent) {
                TraceEntry entry = entries.get(received);
                return new Step(entry, readdressed(entry.datagram().toArray(), order, liveSequences, portId));
            }
            if (starving == null) {
                starving = clock.schedule(clock.now() + STARVES_NANOS, () -> starved = true);
            }
            return null;
        }
        byte[] answer = answers().peek();
        return answer == null ? null : new Step(null, answer);
    }

    @Override
    void next() {
        if (received < entries.size() && !starved) {
            received++;
        } else {
            answers().poll();
        }
    }

    @Override
    boolean ended() {
        return (starved || received == entries.size()) && answers().isEmpty();
    }

    @Override
    void sent(byte[] datagram, long portId) {
        if (starved || sent == entries.size()) {
            unscripted(datagram, portId);
            return;
        }
        byte[] recorded = entries.get(sent).datagram().toArray();
        MessageText exact = new MessageText(schemas, true);
        if (!exact.lines(recorded, order).equals(exact.lines(datagram, order))) {
            throw new ReplayMismatchError("what was sent is not what was recorded (entry " + (sent + 1) + " of "
                    + entries.size() + ")\n" + show("recorded", recorded) + show("sent", datagram));
        }
        List<Integer> then = sequences(recorded);
        List<Integer> now = sequences(datagram);
        for (int index = 0; index < then.size(); index++) {
            liveSequences.put(then.get(index), now.get(index));
        }
        sent = nextRequest(sent + 1);
        if (starving != null) {
            clock.cancel(starving);
            starving = null;
        }
    }

    private void unscripted(byte[] datagram, long portId) {
        if (!starved && received < entries.size()) {
            throw new ReplayMismatchError(
                    "the recording sends nothing more, yet there was sent\n" + show("sent", datagram));
        }
        try {
            acknowledge(SentMessage.parse(datagram, order, portId), portId);
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
    }

    private String show(String title, byte[] datagram) {
        StringBuilder text = new StringBuilder(title).append(":\n");
        new MessageText(schemas, false)
                .lines(datagram, order)
                .forEach(line -> text.append("  ").append(line).append('\n'));
        return text.toString();
    }

    private List<Integer> sequences(byte[] datagram) {
        List<Integer> found = new ArrayList<>();
        MessageCursor cursor = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        try {
            while (cursor.next()) {
                found.add((int) cursor.sequence());
            }
        } catch (MalformedMessageException e) {
            // What the recording has malformed was compared byte by byte; nothing answers it.
            return found;
        }
        return found;
    }

    @Override
    List<String> left() {
        return tell(entries.subList(Math.min(received, entries.size()), entries.size()));
    }
}
