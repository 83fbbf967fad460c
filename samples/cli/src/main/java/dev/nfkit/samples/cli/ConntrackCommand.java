package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.Conntrack;
import dev.nfkit.conntrack.ConntrackEvent;
import dev.nfkit.conntrack.ConntrackEventOptions;
import dev.nfkit.conntrack.ConntrackEvents;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nfkit conntrack}, in the manner of conntrack(8). */
@Command(
        name = "conntrack",
        description = "Shows and changes the kernel's table of connections, and what happens to it.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Options mean which entries of the table, or with -I and -U what they shall be.",
            "Lines are those of conntrack(8); -o adds to them. The kernel tracks connections",
            "of a network namespace once one of its rules asks for it.",
            "Exit code: 0; 2 for wrong usage and what can't be opened; 1 where nothing was",
            "found to be shown (-G), changed or removed, and for what the kernel refuses."
        })
final class ConntrackCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @ArgGroup(exclusive = true, multiplicity = "1", heading = "Commands, of which one is given:%n")
    private VerbArguments verbs = new VerbArguments();

    @Parameters(
            arity = "0..1",
            paramLabel = "TABLE",
            description = "conntrack, the default, or expect; with -L also dying or unconfirmed.")
    private String table = "conntrack";

    @Mixin
    private TupleArguments tuples = new TupleArguments();

    @Mixin
    private EntryArguments entries = new EntryArguments();

    @Mixin
    private NatArguments nat = new NatArguments();

    @Mixin
    private ChangeArguments changes = new ChangeArguments();

    @Option(
            names = {"-z", "--zero"},
            description = "With -L: set the counters to 0 that are shown.")
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
                            + " timestamp (the time of an event).")
    private List<String> output = List.of();

    @Option(names = "--json", description = "Print each entry as a JSON object, one a line.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        ConntrackTable which = ConntrackTable.parse(table);
        ConntrackVerb verb = verbs.verb();
        VerbOptions.check(verb, which, spec.commandLine().getParseResult().matchedOptions());
        LabelNames names = LabelNames.ofMachine();
        ConntrackColumns columns = ConntrackColumns.parse(output, names);
        ConntrackPrinter printer = json ? new ConntrackJson() : new ConntrackLines(columns, ConntrackClock.EPOCH);
        ConntrackOutput out = new ConntrackOutput(printer, TextOutput.standard(), json);
        NetlinkTransport transport = namespace.transport();
        if (verb == ConntrackVerb.EVENT) {
            return listen(transport, which, columns, names, out);
        }
        ConntrackWork work = which == ConntrackTable.EXPECT ? expectationWork(verb) : work(verb, which, names);
        try (Conntrack open = open(transport)) {
            return work.run(open, out);
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0; // it has seen enough
            }
            throw Failure.running(e.getMessage());
        } catch (IOException e) {
            throw Failure.running(e.getMessage());
        }
    }

    /** What a command does, once all that was typed is understood. */
    private interface ConntrackWork {
        int run(Conntrack open, ConntrackOutput out) throws IOException, Failure;
    }

    private static Conntrack open(NetlinkTransport transport) throws Failure {
        try {
            return Conntrack.open(transport);
        } catch (NetlinkException e) {
            throw Failure.usage(e.getMessage());
        }
    }

    private ConntrackWork work(ConntrackVerb verb, ConntrackTable which, LabelNames names) throws Failure {
        EntryRequests requests = new EntryRequests(tuples, entries, changes, nat, names);
        switch (verb) {
            case LIST -> {
                EntrySelection selection = EntrySelection.of(tuples, entries, nat, names);
                return (open, out) -> new ConntrackReading(open, out).list(which, selection, zero);
            }
            case GET -> {
                EntryRequests.Name name = requests.name();
                return (open, out) -> new ConntrackReading(open, out).get(name.tuple(), name.zone());
            }
            case CREATE -> {
                var connection = requests.connection();
                return (open, out) -> new ConntrackChanging(open, out).create(connection);
            }
            case UPDATE -> {
                EntrySelection selection = EntrySelection.toChange(tuples, entries, nat, names);
                var update = requests.update();
                return (open, out) -> new ConntrackChanging(open, out).update(selection, update);
            }
            case DELETE -> {
                EntrySelection selection = EntrySelection.of(tuples, entries, nat, names);
                return (open, out) -> new ConntrackChanging(open, out).delete(selection);
            }
            case FLUSH -> {
                var family = tuples.family();
                return (open, out) -> new ConntrackChanging(open, out).flush(family);
            }
            case STATS -> {
                return (open, out) -> new ConntrackReading(open, out).statistics();
            }
            default -> {
                return (open, out) -> new ConntrackReading(open, out).count();
            }
        }
    }

    private ConntrackWork expectationWork(ConntrackVerb verb) throws Failure {
        EntryRequests requests = new EntryRequests(tuples, entries, changes, nat, new LabelNames(List.of()));
        switch (verb) {
            case LIST -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).list();
            }
            case GET -> {
                var tuple = requests.name().tuple();
                return (open, out) -> new ExpectationWork(open.expectations(), out).get(tuple);
            }
            case CREATE -> {
                var expectation = expectations.expectation(requests.name().tuple(), requests.timeout());
                return (open, out) -> new ExpectationWork(open.expectations(), out).create(expectation);
            }
            case DELETE -> {
                var tuple = requests.name().tuple();
                return (open, out) -> new ExpectationWork(open.expectations(), out).delete(tuple);
            }
            case FLUSH -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).flush();
            }
            case STATS -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).statistics();
            }
            default -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).count();
            }
        }
    }

    private int listen(
            NetlinkTransport transport,
            ConntrackTable which,
            ConntrackColumns columns,
            LabelNames names,
            ConntrackOutput out)
            throws Failure {
        boolean expected = which == ConntrackTable.EXPECT;
        EntrySelection selection = expected ? null : EntrySelection.of(tuples, entries, nat, names);
        ConntrackEventOptions options = events.options(expected, selection);
        ConntrackEvents open;
        try {
            open = ConntrackEvents.open(transport, options);
        } catch (NetlinkException | IllegalArgumentException e) {
            throw Failure.usage(e.getMessage());
        }
        if (events.hasBuffer()) {
            warnOfSmallBuffer(open.receiveBuffer(), options.receiveBuffer());
        }
        ConntrackListening listening = new ConntrackListening(
                open, matching(selection), out, columns.eventTimes(), expected ? "expectation events" : "flow events");
        Messages.print("nfkit conntrack: listening");
        Ending ending = Ending.onSignal(open::stop);
        int code = Failure.RUNNING;
        try {
            code = listening.await();
        } finally {
            ending.done(code);
        }
        return code;
    }

    private static Predicate<ConntrackEvent> matching(@Nullable EntrySelection selection) {
        return event -> selection == null
                || !(event instanceof ConntrackEvent.OfConnection connection)
                || selection.matches(connection.entry());
    }

    private static void warnOfSmallBuffer(int reached, int wanted) {
        if (reached < wanted) {
            Messages.print("nfkit: the receive buffer is " + reached + " bytes instead of " + wanted
                    + ": net.core.rmem_max caps it here, so that bursts are lost sooner");
        }
    }
}
