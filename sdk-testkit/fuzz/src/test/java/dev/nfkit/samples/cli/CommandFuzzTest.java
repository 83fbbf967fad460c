// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.filter.FilterSyntaxException;
import dev.nfkit.filter.FilterView;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.fuzz.Budget;
import dev.nfkit.fuzz.Input;
import dev.nfkit.fuzz.Recordings;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.packet.IpPrefix;
import dev.nfkit.pcap.PcapFormatException;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.arguments.InterfaceArgument;
import dev.nfkit.samples.cli.arguments.MaskedMark;
import dev.nfkit.samples.cli.arguments.Span;
import dev.nfkit.samples.cli.conntrack.arguments.NatArgument;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.conntrack.names.ProtocolFile;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.queue.Action;
import dev.nfkit.samples.cli.queue.RuleParser;
import dev.nfkit.samples.cli.record.ByteSize;
import dev.nfkit.samples.cli.replay.ReplayCommand;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.trace.Trace;
import dev.nfkit.wire.MessageCursor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Fuzzes arguments and files of the command line: they are parsed, or refused with a message. */
class CommandFuzzTest {
    private static final List<FilterView> SUBJECTS = Recordings.nfqueue()
            .map(CommandFuzzTest::packet)
            .map(packet -> new FilterView(index -> "veth" + index).wrap(packet))
            .toList();

    private static QueuedPacket packet(byte[] datagram) {
        MessageCursor message =
                new MessageCursor().wrap(ByteBuffer.wrap(datagram), 1, datagram.length - 1, ByteOrder.LITTLE_ENDIAN);
        try {
            while (message.next()) {
                if (message.type() == 0x300) {
                    return QueuedPacket.read(message, 0);
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
        return sample();
    }

    private static QueuedPacket sample() {
        byte[] datagram = dev.nfkit.testkit.SampleNfqueue.of(dev.nfkit.testkit.SamplePackets.udp4())
                .toDatagram(ByteOrder.LITTLE_ENDIAN);
        byte[] seed = new byte[datagram.length + 1];
        System.arraycopy(datagram, 0, seed, 1, datagram.length);
        return packet(seed);
    }

    /** The text of a filter parses to an equal filter. */
    @MethodSource("filters")
    @FuzzTest
    void filter(byte[] data) {
        String text = new Input(data).text();
        PacketFilter filter;
        try {
            filter = PacketFilter.parse(text);
        } catch (FilterSyntaxException e) {
            if (e.position() < 0 || e.position() > text.length()) {
                throw new AssertionError("an error at " + e.position() + " of " + text.length(), e);
            }
            return;
        }
        PacketFilter again;
        try {
            again = PacketFilter.parse(filter.toString());
        } catch (FilterSyntaxException e) {
            throw new AssertionError("\"" + text + "\" prints as an invalid filter: " + filter, e);
        }
        if (!again.toString().equals(filter.toString())) {
            throw new AssertionError(filter + " is read as " + again);
        }
        for (FilterView subject : SUBJECTS) {
            if (filter.matches(subject) != again.matches(subject)) {
                throw new AssertionError(filter + " does not match what " + again + " matches");
            }
        }
    }

    /** The first byte chooses the action, the rest is the rule. */
    @MethodSource("rules")
    @FuzzTest
    void rule(byte[] data) {
        Input input = new Input(data);
        Action.Kind kind = Action.Kind.values()[input.u8() % Action.Kind.values().length];
        String text = input.text();
        try {
            String printed = RuleParser.parse(kind, text).toString();
            if (printed.isEmpty()) {
                throw new AssertionError("\"" + text + "\" prints as nothing");
            }
        } catch (Failure e) {
            refusal(e);
        }
    }

    private static void refusal(Failure failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            throw new AssertionError("a refusal without a message", failure);
        }
    }

    /** Values of options. */
    @MethodSource("values")
    @FuzzTest
    void values(byte[] data) {
        String text = new Input(data).text();
        try {
            NatArgument.parse("--nat", text);
        } catch (Failure e) {
            refusal(e);
        }
        try {
            IpPrefix network = IpPrefix.parse(text);
            if (!IpPrefix.parse(network.toString()).equals(network)) {
                throw new AssertionError(text + " is read as " + network + ", and that as another prefix");
            }
        } catch (IllegalArgumentException e) {
            // not a prefix
        }
        try {
            Criteria.parse("-a", List.of(text));
        } catch (Failure e) {
            refusal(e);
        }
        for (InterfaceArgument numbered : List.of(InterfaceArgument.GROUPS, InterfaceArgument.QUEUES)) {
            try {
                numbered.numbers(List.of(text));
            } catch (Failure e) {
                refusal(e);
            }
        }
        try {
            BitSet labels = new LabelNames(text.lines().toList()).parse("-l", List.of(text.split(",", -1)));
            if (labels.length() > 128) {
                throw new AssertionError("label " + labels.length());
            }
        } catch (Failure e) {
            refusal(e);
        }
        new ProtocolFile(text.lines().toList()).find(text);
        number(() -> MaskedMark.parse(text).value());
        number(() -> Span.parse(text));
        ByteSize.parse(text); // negative if it is not a size
        ProtocolNames.parse(text);
    }

    /** Text that is not a number causes a NumberFormatException, and no number is negative. */
    private static void number(java.util.function.LongSupplier parser) {
        try {
            if (parser.getAsLong() < 0) {
                throw new AssertionError("a negative number");
            }
        } catch (NumberFormatException e) {
            // not a number
        }
    }

    /** A recording is printed line by line, or refused. Its bytes are never printed unescaped. */
    @MethodSource({"dev.nfkit.fuzz.Recordings#files", "dev.nfkit.fuzz.Recordings#captures"})
    @FuzzTest
    void replay(byte[] file) throws IOException {
        Trace trace;
        try {
            trace = Trace.read(new ByteArrayInputStream(file), "fuzz");
        } catch (PcapFormatException e) {
            return;
        }
        PrintStream before = System.err;
        System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            Budget.within(file, () -> {
                for (boolean json : new boolean[] {false, true}) {
                    print(trace, json);
                }
            });
        } finally {
            System.setErr(before);
        }
    }

    private static void print(Trace trace, boolean json) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        TextOutput output = new TextOutput(printed);
        try {
            ReplayCommand.replay(trace, "fuzz", json, output);
        } catch (Failure e) {
            refusal(e);
        }
        try {
            output.flush();
        } catch (WriteFailure e) {
            throw new AssertionError("an array can be written", e);
        }
        String text = printed.toString(StandardCharsets.UTF_8);
        text.chars()
                .filter(c -> c != '\n' && Character.isISOControl(c))
                .findFirst()
                .ifPresent(c -> {
                    throw new AssertionError("the control character " + c + " is printed");
                });
    }

    static Stream<byte[]> filters() {
        return Stream.of(
                        "udp dport 53 or tcp flags syn,!ack and not (src 10.0.0.0/8 || dst fd00::/8)",
                        "mark 0x10/0xf0 and uid 1000 and gid 0x5 or in eth0 and out wlan0",
                        "queue 3 and len >= 100 && ! icmp",
                        "ip and proto 47 or ip6 and host ::ffff:10.0.0.1",
                        "any",
                        "port 1024-65535")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    static Stream<byte[]> rules() {
        return Stream.of(
                        "\0" + "20%: udp dport 53",
                        "\1" + "100%: tcp",
                        "\2" + "0x10/0xf0 50%: in eth0",
                        "\3" + "50ms 10ms 0.5%: icmp",
                        "\4" + "byte checksums 1%: len > 100")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    static Stream<byte[]> values() {
        return Stream.of(
                        "10.0.0.1-10.0.0.9:1024-2048",
                        "[fd00::1]:80",
                        "10.0.0.0/8",
                        "1.5s",
                        "64k",
                        "udplite",
                        "300us",
                        "duration:1.5",
                        "filesize:1000",
                        "files:5",
                        "nflog:30,31-33",
                        "nfqueue:0:3",
                        "0x10/0xf0",
                        "7 eth0-in # a label",
                        "tcp 6 TCP # a protocol")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }
}
