// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.NftablesEvent;
import dev.nfkit.nftables.NftablesEventOptions;
import dev.nfkit.nftables.NftablesEvents;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.PathComposer;
import dev.nfkit.nftables.trace.TraceAttribute;
import dev.nfkit.nftables.trace.TraceEvent;
import dev.nfkit.nftables.trace.TraceEventOptions;
import dev.nfkit.nftables.trace.TraceEvents;
import dev.nfkit.nftables.trace.TraceStep;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.wire.MessageCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes what a kernel sends of its ruleset: events of changes, and traces of packets. A session delivers what can be read
 * and counts the rest; only a {@link NetlinkException} may be thrown, and what is delivered can be printed.
 */
class RulesetFuzzTest {
    private static final int MOST_POLLS = 10_000;
    private static final int DATAGRAM = 400;
    /** The offset of the lower byte of {@code nlmsg_type}. */
    private static final int TYPE_AT = 4;

    private static final int NEWSET = 9;

    /** Datagrams that Linux 6.18 sent of what nft and packets did, one of each kind and length. */
    private static List<byte[]> recorded(String file) {
        try (InputStream in = Objects.requireNonNull(RulesetFuzzTest.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(HexFormat.of()::parseHex)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Datagrams in a row, after a 0 that stands for the length of the rest. */
    private static byte[] input(List<byte[]> datagrams) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.write(0);
        datagrams.forEach(input::writeBytes);
        return input.toByteArray();
    }

    /** Each event, after those of the sets that it may name. */
    static Stream<byte[]> recordedEvents() {
        List<byte[]> events = recorded("ruleset-events.hex");
        List<byte[]> sets =
                events.stream().filter(event -> event[TYPE_AT] == NEWSET).toList();
        return events.stream()
                .map(event ->
                        input(Stream.concat(sets.stream(), Stream.of(event)).toList()));
    }

    static Stream<byte[]> recordedTraces() {
        return recorded("traces.hex").stream().map(trace -> input(List.of(trace)));
    }

    private static List<byte[]> datagrams(byte[] data) {
        Input input = new Input(data);
        List<byte[]> datagrams = new ArrayList<>();
        while (!input.ended()) {
            int length = input.u8() == 0 ? 1 << 16 : input.u16() % DATAGRAM;
            datagrams.add(input.take(length));
        }
        return datagrams;
    }

    private static FakeNetfilter kernel() {
        return new FakeNetfilter().order(ByteOrder.LITTLE_ENDIAN).strictBatches(false);
    }

    @MethodSource("recordedEvents")
    @FuzzTest
    void events(byte[] data) throws NetlinkException {
        Budget.within(data, () -> follow(data));
    }

    private static void follow(byte[] data) throws NetlinkException {
        FakeNetfilter kernel = kernel();
        long[] seen = {0, 0};
        try (NftablesEvents session =
                NftablesEvents.open(kernel, NftablesEventOptions.builder().build())) {
            for (byte[] datagram : datagrams(data)) {
                // Only one of its sockets is open: that of the events.
                kernel.sockets().stream()
                        .filter(socket -> !socket.isClosed())
                        .forEach(socket -> socket.deliver(datagram));
            }
            int polls = 0;
            while (session.poll(event -> show(event, seen), Duration.ZERO) > 0) {
                if (polls++ > MOST_POLLS) {
                    throw new AssertionError("a session that never comes to the end of what was received");
                }
            }
            if (session.statistics().delivered() != seen[0]) {
                throw new AssertionError(session.statistics() + ", but " + seen[0] + " events were seen");
            }
        }
    }

    private static void show(NftablesEvent event, long[] seen) {
        seen[event instanceof NftablesEvent.Overrun ? 1 : 0]++;
        String text = event.toText();
        String json = event.toJson();
        if (text.indexOf('\n') >= 0 || json.indexOf('\n') >= 0 || !json.startsWith("{\"")) {
            throw new AssertionError(text + "\n" + json);
        }
    }

    /** A step is the same whatever bytes surround it, and every step that is delivered is in one path. */
    @MethodSource("recordedTraces")
    @FuzzTest
    void traces(byte[] data) throws NetlinkException {
        Budget.within(data, () -> trace(data));
    }

    private static void trace(byte[] data) throws NetlinkException {
        FakeNetfilter kernel = kernel();
        PathComposer composer = new PathComposer();
        long[] seen = {0};
        try (TraceEvents session =
                TraceEvents.open(kernel, TraceEventOptions.builder().build())) {
            for (byte[] datagram : datagrams(data)) {
                Placed.read(datagram, RulesetFuzzTest::steps);
                kernel.socket().deliver(datagram);
            }
            int polls = 0;
            while (session.poll(event -> compose(event, composer, seen), Duration.ZERO) > 0) {
                if (polls++ > MOST_POLLS) {
                    throw new AssertionError("a session that never comes to the end of what was received");
                }
            }
        }
        composer.end();
        long steps = 0;
        Optional<PacketPath> path = composer.take();
        while (path.isPresent()) {
            path.get().toString();
            steps += path.get().passes().stream()
                    .mapToLong(pass -> pass.steps().size())
                    .sum();
            path = composer.take();
        }
        if (steps > seen[0] || composer.open() != 0) {
            throw new AssertionError(steps + " steps in paths of " + seen[0] + ", " + composer.open() + " are open");
        }
    }

    private static void compose(TraceEvent event, PathComposer composer, long[] seen) {
        if (event instanceof TraceStep step) {
            seen[0]++;
            show(step);
        }
        composer.add(event, seen[0]);
    }

    private static String steps(Placed placed) {
        StringBuilder text = new StringBuilder();
        MessageCursor message =
                new MessageCursor().wrap(placed.buffer(), placed.offset(), placed.length(), ByteOrder.LITTLE_ENDIAN);
        try {
            while (message.next()) {
                try {
                    text.append(show(TraceStep.read(message)));
                } catch (MalformedMessageException e) {
                    text.append(e.getMessage());
                }
            }
        } catch (MalformedMessageException e) {
            text.append(e.getMessage());
        }
        return text.toString();
    }

    private static String show(TraceStep step) {
        StringBuilder text = new StringBuilder(step.toString());
        text.append(step.id()).append(step.type()).append(step.table()).append(step.chain());
        text.append(step.ruleHandle());
        for (TraceAttribute attribute : TraceAttribute.values()) {
            if (!step.has(attribute)) {
                continue;
            }
            switch (attribute) {
                case VERDICT -> text.append(step.verdict());
                case LL_HEADER -> text.append(step.linkHeader().toHex());
                case NETWORK_HEADER -> text.append(step.networkHeader().toHex());
                case TRANSPORT_HEADER -> text.append(step.transportHeader().toHex());
                case MARK -> text.append(step.mark());
                case IIF -> text.append(step.inputInterface());
                case OIF -> text.append(step.outputInterface());
                default -> text.append(attribute);
            }
        }
        return text.toString();
    }
}
