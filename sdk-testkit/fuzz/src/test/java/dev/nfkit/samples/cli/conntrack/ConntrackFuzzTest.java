// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.fuzz.Budget;
import dev.nfkit.fuzz.Input;
import dev.nfkit.fuzz.Recordings;
import dev.nfkit.samples.cli.conntrack.arguments.ChangeArguments;
import dev.nfkit.samples.cli.conntrack.arguments.EntryArguments;
import dev.nfkit.samples.cli.conntrack.arguments.EntryOptions;
import dev.nfkit.samples.cli.conntrack.arguments.EntryRequests;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.conntrack.arguments.EventArguments;
import dev.nfkit.samples.cli.conntrack.arguments.ExpectationArguments;
import dev.nfkit.samples.cli.conntrack.arguments.MaskArguments;
import dev.nfkit.samples.cli.conntrack.arguments.NatArguments;
import dev.nfkit.samples.cli.conntrack.arguments.ProtocolArguments;
import dev.nfkit.samples.cli.conntrack.arguments.TupleArguments;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.conntrack.print.ConntrackClock;
import dev.nfkit.samples.cli.conntrack.print.ConntrackColumns;
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson;
import dev.nfkit.samples.cli.conntrack.print.ConntrackLines;
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter;
import dev.nfkit.samples.cli.conntrack.print.ConntrackSave;
import dev.nfkit.samples.cli.conntrack.print.ConntrackXml;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.wire.MessageCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fuzzes the arguments and files of connections, and the output of connections. */
class ConntrackFuzzTest {
    private static final LabelNames LABELS = new LabelNames(List.of("0 eth0-in", "127 last"));
    private static final CommandLine WORDS = new CommandLine(new Options()).setExpandAtFiles(false);
    private static final List<ConntrackEntry> ENTRIES =
            Recordings.conntrack().flatMap(ConntrackFuzzTest::recorded).toList();

    /** The options of all commands, except those that select the command. */
    @Command
    static final class Options {
        @Mixin
        private TupleArguments tuples = new TupleArguments();

        @Mixin
        private MaskArguments masks = new MaskArguments();

        @Mixin
        private EntryArguments entries = new EntryArguments();

        @Mixin
        private ProtocolArguments protocol = new ProtocolArguments();

        @Mixin
        private NatArguments nat = new NatArguments();

        @Mixin
        private ChangeArguments changes = new ChangeArguments();

        @Mixin
        private EventArguments events = new EventArguments();

        @Mixin
        private ExpectationArguments expectations = new ExpectationArguments();

        @Option(
                names = {"-o", "--output"},
                split = ",")
        private List<String> output = List.of();

        private EntryOptions entry() {
            return new EntryOptions(tuples, masks, entries, protocol, changes, nat, LABELS);
        }
    }

    private static Stream<ConntrackEntry> recorded(byte[] seed) {
        List<ConntrackEntry> entries = new ArrayList<>();
        MessageCursor message =
                new MessageCursor().wrap(ByteBuffer.wrap(seed), 1, seed.length - 1, ByteOrder.LITTLE_ENDIAN);
        try {
            while (message.next()) {
                if (ofConnection(message)) {
                    entries.add(entry(message).copy());
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
        return entries.stream();
    }

    private static boolean ofConnection(MessageCursor message) {
        return message.hasNfgenmsg()
                && ConntrackMessage.of(message.type())
                        .filter(of -> !of.ofExpectations())
                        .isPresent();
    }

    private static ConntrackEntry entry(MessageCursor message) throws MalformedMessageException {
        return ConntrackEntry.read(message);
    }

    /** The first byte chooses the command, the rest are lines of a file of commands. */
    @MethodSource("lines")
    @FuzzTest
    void options(byte[] data) {
        Budget.within(data, () -> {
            Input input = new Input(data);
            int command = input.u8();
            try {
                for (LoadedFile.Line line : parsed(input.text())) {
                    understand(command, options(line.words()));
                }
            } catch (CommandLine.ParameterException e) {
                refusal(e);
            } catch (Failure e) {
                refusal(e);
            }
        });
    }

    private static List<LoadedFile.Line> parsed(String text) throws Failure {
        try {
            return LoadedFile.parse("fuzz", new StringReader(text)).lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Options options(List<String> words) {
        WORDS.parseArgs(words.toArray(String[]::new));
        return WORDS.getCommand();
    }

    private static void refusal(Exception refusal) {
        String message = refusal.getMessage();
        if (message == null || message.isBlank()) {
            throw new AssertionError("a refusal without a message", refusal);
        }
    }

    private static void understand(int command, Options typed) throws Failure {
        EntryOptions options = typed.entry();
        EntryRequests requests = new EntryRequests(options);
        switch (command % 8) {
            case 0 -> select(EntrySelection.of(options));
            case 1 -> select(EntrySelection.toChange(options));
            case 2 -> requests.name().toString();
            case 3 -> requests.connection().toString();
            case 4 -> change(requests.update());
            case 5 ->
                typed.expectations
                        .expectation(requests.name().tuple(), requests.timeout(), typed.masks)
                        .toString();
            case 6 -> typed.events.options(false, EntrySelection.of(options)).toString();
            default -> ConntrackColumns.parse(typed.output, LABELS).toString();
        }
    }

    private static void select(EntrySelection selection) {
        for (ConntrackEntry entry : ENTRIES) {
            selection.matches(entry);
            selection.filter().matches(entry);
        }
    }

    private static void change(EntryRequests.EntryChange change) throws Failure {
        for (ConntrackEntry entry : ENTRIES) {
            change.of(entry).toString();
        }
    }

    /** Entries are printed on one line each, without control characters. A saved entry is created as the same entry. */
    @MethodSource("dev.nfkit.fuzz.Recordings#conntrack")
    @FuzzTest
    void entries(byte[] data) throws WriteFailure {
        Budget.within(data, () -> print(data));
    }

    private static void print(byte[] data) throws WriteFailure {
        Input input = new Input(data);
        ByteOrder order = input.order();
        byte[] datagram = input.rest();
        MessageCursor message = new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, order);
        while (true) {
            try {
                if (!message.next()) {
                    return;
                }
                if (ofConnection(message)) {
                    print(entry(message));
                } else if (ConntrackMessage.of(message.type()).isPresent()) {
                    print(ConntrackExpectation.read(message));
                }
            } catch (MalformedMessageException e) {
                // it is counted, and the next one is read
            }
        }
    }

    private static List<ConntrackPrinter> printers() {
        ConntrackColumns columns =
                new ConntrackColumns(ConntrackColumns.Format.LINES, true, true, true, LABELS, true, false);
        return List.of(
                new ConntrackLines(columns, ConntrackClock.EPOCH), new ConntrackXml(columns), new ConntrackJson());
    }

    private static void print(ConntrackEntry entry) throws WriteFailure {
        for (ConntrackPrinter printer : printers()) {
            StringBuilder line = new StringBuilder();
            printer.entry(entry, 0, line);
            requireLine(line);
        }
        StringBuilder line = new StringBuilder();
        new ConntrackSave().entry(entry, 0, line);
        requireLine(line);
        requireSame(entry, line.toString());
    }

    private static void print(ConntrackExpectation expectation) throws WriteFailure {
        for (ConntrackPrinter printer : printers()) {
            StringBuilder line = new StringBuilder();
            printer.expectation(expectation, 0, line);
            requireLine(line);
        }
    }

    private static void requireLine(StringBuilder line) throws WriteFailure {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        TextOutput output = new TextOutput(printed);
        output.line(line);
        output.flush();
        String text = printed.toString(StandardCharsets.UTF_8);
        if (text.indexOf('\n') != text.length() - 1) {
            throw new AssertionError("more or less than one line: " + text);
        }
        text.chars()
                .filter(c -> c != '\n' && c != '\t' && Character.isISOControl(c))
                .findFirst()
                .ifPresent(c -> {
                    throw new AssertionError("the control character " + c + " is printed");
                });
    }

    /** Checks that a saved line creates the same entry. A line that no user can create is refused. */
    private static void requireSame(ConntrackEntry entry, String line) {
        try {
            List<String> words = parsed(line).get(0).words();
            EntryRequests requests =
                    new EntryRequests(options(words.subList(1, words.size())).entry());
            ConntrackTuple created = requests.connection().original();
            if (!ends(created).equals(ends(entry.original()))) {
                throw new AssertionError(entry.original() + " is saved as " + line + ", which is " + created);
            }
        } catch (CommandLine.ParameterException e) {
            refusal(e);
        } catch (Failure e) {
            refusal(e);
        }
    }

    /** The attributes of every protocol, and the ports of those that have any. */
    private static String ends(ConntrackTuple tuple) {
        boolean ports = tuple.hasPorts()
                && !tuple.hasIcmp()
                && !ProtocolNames.name(tuple.protocol()).equals("unknown");
        return tuple.source() + " " + tuple.destination() + " " + tuple.protocol()
                + (ports ? " " + tuple.sourcePort() + " " + tuple.destinationPort() : "");
    }

    static Stream<byte[]> lines() {
        return Stream.of(
                        "\0-s 10.0.0.0/8 -d 10.0.0.2 -p tcp --dport 443 --state ESTABLISHED -u ASSURED,!SEEN_REPLY",
                        "\1-f ipv6 -r fd00::1 -q fd00::2 --reply-port-src 53 -w 3 -n [fd00::9]:80 -l eth0-in,127",
                        "\2-s 10.0.0.1 -d 10.0.0.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 7 --orig-zone 4",
                        "\3-t 60 -u UNSET -m 0x10 -s 10.0.0.1 -d 10.0.0.2 -g 10.0.0.9-10.0.0.11:80-90 -q 10.0.0.1"
                                + " -p dccp --sport 1 --dport 2 --state OPEN --role client",
                        "\3-t 60 -s fd00::1 -d fd00::2 -p gre --srckey 1 --dstkey 2 --label-add 5 --reply-zone 7",
                        "\4-m 7/0xff -t 100 -p sctp --state ESTABLISHED --orig-vtag 5 --reply-vtag 0x6 --label-del",
                        "\5-s 10.0.0.1 -d 10.0.0.2 -p tcp --sport 1 --dport 2 -t 300 --tuple-src 10.0.0.2"
                                + " --tuple-dst 10.0.0.1 --tuple-port-dst 20 --mask-src 255.255.255.0 --mask-port-dst 65535",
                        "\6-e NEW,DESTROY -b 65536 -s 10.0.0.1 --mask-src 255.0.255.0 -j 10.0.0.1",
                        "\7-o extended,id,labels,ktimestamp,timestamp,xml",
                        "\0# nothing\n\n-s \"10.0.0.\\1\" --zone 7\n-p 47")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }
}
