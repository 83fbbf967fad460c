// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.linux.LinuxProcesses;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.process.Sockets;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.conntrack.arguments.ChangeArguments;
import dev.nfkit.samples.cli.conntrack.arguments.ConntrackTable;
import dev.nfkit.samples.cli.conntrack.arguments.ConntrackVerb;
import dev.nfkit.samples.cli.conntrack.arguments.EntryArguments;
import dev.nfkit.samples.cli.conntrack.arguments.EntryOptions;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.conntrack.arguments.EventArguments;
import dev.nfkit.samples.cli.conntrack.arguments.ExpectationArguments;
import dev.nfkit.samples.cli.conntrack.arguments.MaskArguments;
import dev.nfkit.samples.cli.conntrack.arguments.NatArguments;
import dev.nfkit.samples.cli.conntrack.arguments.ProtocolArguments;
import dev.nfkit.samples.cli.conntrack.arguments.TupleArguments;
import dev.nfkit.samples.cli.conntrack.arguments.VerbArguments;
import dev.nfkit.samples.cli.conntrack.arguments.VerbOptions;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.conntrack.print.ConntrackClock;
import dev.nfkit.samples.cli.conntrack.print.ConntrackColumns;
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson;
import dev.nfkit.samples.cli.conntrack.print.ConntrackLines;
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter;
import dev.nfkit.samples.cli.conntrack.print.ConntrackSave;
import dev.nfkit.samples.cli.conntrack.print.ConntrackXml;
import dev.nfkit.samples.cli.conntrack.print.EventOrigin;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nfkit conntrack}, modelled on conntrack(8). */
@Command(
        name = "conntrack",
        description = "Lists and changes the kernel's connection table, and shows its events.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Options select entries of the table; with -I, -A and -U they are the new values.",
            "Lines have the format of conntrack(8); -o adds columns. The kernel tracks connections",
            "in a network namespace once one of its rules requires it.",
            "TCP windows of new entries are not tracked, so that a connection in progress",
            "continues. -R stops at the first command that fails. --kill leaves sockets alone that",
            "listen or serve other connections, too, and the entries of the table.",
            "Exit code: 0; 2 for wrong usage, or if a file or socket cannot be opened; 1 if no",
            "entry was found to show (-G), change or remove, or if the kernel refuses."
        })
public final class ConntrackCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @ArgGroup(exclusive = true, multiplicity = "1", heading = "Commands, exactly one of:%n")
    private VerbArguments verbs = new VerbArguments();

    @Parameters(
            arity = "0..1",
            paramLabel = "TABLE",
            description = "conntrack, the default, or expect; with -L also dying or unconfirmed.")
    private String table = "conntrack";

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

    @Option(
            names = {"-z", "--zero"},
            description = "With -L: reset the printed counters to 0.")
    private boolean zero;

    @Mixin
    private EventArguments events = new EventArguments();

    @Mixin
    private ExpectationArguments expectations = new ExpectationArguments();

    @Option(
            names = {"-o", "--output"},
            split = ",",
            paramLabel = "WHAT",
            description =
                    "Show more: extended (the family), id, labels, ktimestamp (when a connection began and ended),"
                            + " timestamp (the time of an event), process (that began the connection here, or serves it). Or xml, or save: commands that recreate the"
                            + " entries, without labels, helper and counters.")
    private List<String> output = List.of();

    @Option(names = "--json", description = "Print each entry as a JSON object, one a line.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    /** Whether the command comes from a file of {@code -R}. */
    private boolean inFile;

    @Override
    public Integer call() throws Failure {
        ConntrackTable which = ConntrackTable.parse(table);
        ConntrackVerb verb = verbs.verb();
        check(verb, which);
        LabelNames names = LabelNames.ofMachine();
        ConntrackColumns columns = columns(which, names);
        NetlinkTransport transport = namespace.transport();
        try (ProcessResolver processes = processes(columns, transport)) {
            if (verb == ConntrackVerb.EVENT) {
                EventOrigin origin = new EventOrigin(transport.kernel()::owner);
                ConntrackOutput out =
                        new ConntrackOutput(printer(columns, origin, processes), TextOutput.standard(), json);
                return listen(transport, which, columns, names, out);
            }
            return work(verb, which, columns, names, transport, processes);
        }
    }

    private static ProcessResolver processes(ConntrackColumns columns, NetlinkTransport transport) throws Failure {
        try {
            return columns.process() ? LinuxProcesses.open(transport) : ProcessResolver.none();
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
    }

    private int work(
            ConntrackVerb verb,
            ConntrackTable which,
            ConntrackColumns columns,
            LabelNames names,
            NetlinkTransport transport,
            ProcessResolver processes)
            throws Failure {
        TextOutput text = TextOutput.standard();
        ConntrackWork work = switch (verb) {
            case LOAD -> loadWork(names, text);
            case KILL -> kill(new ConntrackOutput(printer(columns, null, processes), text, json), names, transport);
            default -> printing(verb, which, columns, names, text, processes);
        };
        try (Conntrack open = open(transport)) {
            return work.run(open);
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0; // the reader closed the pipe
            }
            throw Failure.running(e);
        } catch (IOException e) {
            throw Failure.running(e);
        }
    }

    private void check(ConntrackVerb verb, ConntrackTable which) throws Failure {
        VerbOptions.check(verb, which, spec.commandLine().getParseResult().matchedOptions());
    }

    private ConntrackColumns columns(ConntrackTable which, LabelNames names) throws Failure {
        ConntrackColumns columns = ConntrackColumns.parse(output, names);
        if (json && columns.format() != ConntrackColumns.Format.LINES) {
            throw Failure.usage("--json: cannot be combined with -o xml or -o save");
        }
        if (which == ConntrackTable.EXPECT && columns.format() == ConntrackColumns.Format.SAVE) {
            throw Failure.usage("-o save: only for connections");
        }
        return columns;
    }

    private ConntrackWork kill(ConntrackOutput out, LabelNames names, NetlinkTransport transport) throws Failure {
        EntrySelection selection = EntrySelection.of(options(names));
        return open -> {
            try (Sockets sockets = Sockets.open(transport)) {
                return new ConntrackKilling(open, sockets, out).kill(selection);
            }
        };
    }

    private ConntrackPrinter printer(
            ConntrackColumns columns, @Nullable EventOrigin origin, ProcessResolver processes) {
        if (json) {
            return new ConntrackJson(origin, columns.process() ? processes : null);
        }
        return switch (columns.format()) {
            case LINES -> new ConntrackLines(columns, ConntrackClock.EPOCH, origin, processes);
            case SAVE -> new ConntrackSave();
            case XML -> new ConntrackXml(columns);
        };
    }

    /** What a command does once all arguments are parsed. Returns the exit code. */
    private interface ConntrackWork {
        int run(Conntrack open) throws IOException, Failure;
    }

    private ConntrackWork printing(
            ConntrackVerb verb,
            ConntrackTable which,
            ConntrackColumns columns,
            LabelNames names,
            TextOutput text,
            ProcessResolver processes)
            throws Failure {
        EntryOptions options = options(names);
        TableWork work = which == ConntrackTable.EXPECT
                ? TableWork.ofExpectations(verb, options, expectations)
                : TableWork.ofConnections(verb, which, options, zero);
        ConntrackOutput out = new ConntrackOutput(printer(columns, null, processes), text, json);
        if (inFile) {
            out.withoutSummary();
        }
        return open -> work.run(open, out);
    }

    /** The commands of a file. All are parsed before the first is carried out. */
    private ConntrackWork loadWork(LabelNames names, TextOutput text) throws Failure {
        List<LoadedFile.Line> lines =
                LoadedFile.read(verbs.file().orElseThrow()).lines();
        List<ConntrackWork> works = new ArrayList<>();
        for (LoadedFile.Line line : lines) {
            works.add(loaded(line, names, text));
        }
        return open -> {
            for (int i = 0; i < works.size(); i++) {
                try {
                    works.get(i).run(open);
                } catch (NetlinkException e) {
                    text.flush();
                    throw Failure.running(lines.get(i).place() + ": " + e.getMessage(), e);
                }
            }
            text.flush();
            Messages.print("nfkit conntrack: " + works.size() + " commands have been carried out.");
            return 0;
        };
    }

    private static ConntrackWork loaded(LoadedFile.Line line, LabelNames names, TextOutput text) throws Failure {
        ConntrackCommand command = new ConntrackCommand();
        try {
            new CommandLine(command)
                    .setExpandAtFiles(false)
                    .parseArgs(line.words().toArray(String[]::new));
            return command.loaded(names, text);
        } catch (CommandLine.ParameterException | Failure e) {
            throw Failure.usage(line.place() + ": " + e.getMessage(), e);
        }
    }

    private ConntrackWork loaded(LabelNames names, TextOutput text) throws Failure {
        ConntrackTable which = ConntrackTable.parse(table);
        ConntrackVerb verb = verbs.verb();
        boolean changes = switch (verb) {
            case CREATE, ADD, UPDATE, DELETE, FLUSH -> which == ConntrackTable.CONNTRACK;
            default -> false;
        };
        if (!changes) {
            throw Failure.usage(verb + ": only -I, -A, -U, -D and -F for connections can be in a file");
        }
        if (spec.commandLine().getParseResult().hasMatchedOption("--netns")) {
            throw Failure.usage("--netns: not supported in a file; give it with -R");
        }
        inFile = true;
        check(verb, which);
        ConntrackColumns columns = columns(which, names);
        if (columns.format() == ConntrackColumns.Format.XML) {
            throw Failure.usage("-o xml: not supported in a file");
        }
        if (columns.process()) {
            throw Failure.usage("-o process: not supported in a file");
        }
        return printing(verb, which, columns, names, text, ProcessResolver.none());
    }

    private static Conntrack open(NetlinkTransport transport) throws Failure {
        try {
            return Conntrack.open(transport);
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
    }

    private EntryOptions options(LabelNames names) {
        return new EntryOptions(tuples, masks, entries, protocol, changes, nat, names);
    }

    private int listen(
            NetlinkTransport transport,
            ConntrackTable which,
            ConntrackColumns columns,
            LabelNames names,
            ConntrackOutput out)
            throws Failure {
        boolean expected = which == ConntrackTable.EXPECT;
        EntrySelection selection = expected ? null : EntrySelection.of(options(names));
        ConntrackEventOptions options = events.options(expected, selection);
        ConntrackEvents open;
        try {
            open = ConntrackEvents.open(transport, options);
        } catch (NetlinkException | IllegalArgumentException e) {
            throw Failure.usage(e);
        }
        if (events.hasBuffer()) {
            warnOfSmallBuffer(open.receiveBuffer(), options.receiveBuffer());
        }
        ConntrackListening listening =
                new ConntrackListening(open, matching(selection), out, columns.eventTimes(), expected);
        return Ending.during(open::stop, "nfkit conntrack: listening", listening::await);
    }

    private static Predicate<ConntrackEvent> matching(@Nullable EntrySelection selection) {
        return event -> selection == null
                || !(event instanceof ConntrackEvent.OfConnection connection)
                || selection.matches(connection.entry());
    }

    private static void warnOfSmallBuffer(int reached, int wanted) {
        if (reached < wanted) {
            Messages.print("nfkit: the receive buffer is " + reached + " bytes instead of " + wanted
                    + ": net.core.rmem_max limits it here, so that bursts are lost sooner; sysctl -w net.core.rmem_max="
                    + wanted + " raises it");
        }
    }
}
