package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.Conntrack;
import dev.nfkit.socket.NetlinkTransport;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit top}: the busiest connections. */
@Command(
        name = "top",
        description = "Shows the busiest connections, live: how many bytes and packets a second each of them carries.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Rates are what the kernel's counters grew between two looks at its table; it",
            "counts once net.netfilter.nf_conntrack_acct is 1. On a terminal it goes on until",
            "SIGINT or SIGTERM. Exit code: 0; 2 for wrong usage and what can't be opened;",
            "1 for what goes wrong while it runs."
        })
final class TopCommand implements Callable<Integer> {
    private static final int MOST_ROWS = 10_000;

    @Option(
            names = "--sort",
            paramLabel = "bytes|packets",
            description = "What the busiest are: by bytes a second, the default, or packets.")
    private TopTable.Order order = TopTable.Order.BYTES;

    @Option(
            names = {"-n", "--rows"},
            paramLabel = "N",
            description = "Show N connections; as many as the terminal has lines, or 20.")
    private @Nullable Integer rows;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "TIME",
            defaultValue = "2s",
            description = "Look every TIME, such as 500ms (2s).")
    private String interval = "2s";

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "End after N looks; they are printed one after the other.")
    private @Nullable Integer count;

    @Option(names = "--once", description = "The same as --count 1.")
    private boolean once;

    @Option(names = "--json", description = "Print each look as JSON objects: one of the whole, then one a connection.")
    private boolean json;

    @Mixin
    private TupleArguments tuples = new TupleArguments();

    @Mixin
    private EntryArguments entries = new EntryArguments();

    @Mixin
    private StateArguments state = new StateArguments();

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        if (rows != null && (rows < 1 || rows > MOST_ROWS)) {
            throw Failure.usage("-n " + rows + ": 1 to " + MOST_ROWS + " connections are possible");
        }
        if (count != null && (count < 1 || once)) {
            throw Failure.usage("--count " + count + ": a number from 1 is wanted, and no --once with it");
        }
        EntrySelection selection = EntrySelection.of(new EntryOptions(
                tuples,
                new MaskArguments(),
                entries,
                new ProtocolArguments(state),
                new ChangeArguments(),
                new NatArguments(),
                LabelNames.ofMachine()));
        long nanos = nanos();
        long looks = once ? 1 : count == null ? Long.MAX_VALUE : count;
        NetlinkTransport transport = namespace.transport();
        Conntrack open;
        try {
            open = Conntrack.open(transport);
        } catch (NetlinkException e) {
            throw Failure.usage(e.getMessage());
        }
        boolean live = !json && looks == Long.MAX_VALUE && Terminal.is(1);
        TopRun.Settings settings = new TopRun.Settings(order, rows == null ? 0 : rows, nanos, looks, json, live);
        try (open) {
            TopRun run =
                    new TopRun(open, new TopTable(selection, transport::nanoTime), settings, TextOutput.standard());
            Ending ending = Ending.onSignal(run::stop);
            int code = Failure.RUNNING;
            try {
                code = run.await();
            } finally {
                ending.done(code);
            }
            return code;
        }
    }

    private long nanos() throws Failure {
        try {
            long nanos = Span.parse(interval.matches("[\\d.]+") ? interval + "s" : interval);
            if (nanos > 0) {
                return nanos;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Failure.usage("--interval " + interval + ": a span of time such as 500ms or 2s is wanted");
    }
}
