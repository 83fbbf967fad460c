// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.linux.LinuxProcesses;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.arguments.Span;
import dev.nfkit.samples.cli.conntrack.arguments.ChangeArguments;
import dev.nfkit.samples.cli.conntrack.arguments.EntryArguments;
import dev.nfkit.samples.cli.conntrack.arguments.EntryOptions;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.conntrack.arguments.MaskArguments;
import dev.nfkit.samples.cli.conntrack.arguments.NatArguments;
import dev.nfkit.samples.cli.conntrack.arguments.ProtocolArguments;
import dev.nfkit.samples.cli.conntrack.arguments.StateArguments;
import dev.nfkit.samples.cli.conntrack.arguments.TupleArguments;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.Terminal;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit top}: the busiest connections. */
@Command(
        name = "top",
        description = "Shows the busiest connections, live, with the bytes and packets that each carries per second.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Rates are the growth of the kernel's counters between two samples. The kernel",
            "counts if net.netfilter.nf_conntrack_acct is 1. PROCESS is the process that began",
            "the connection here or serves it, or why it is unknown. On a terminal it runs until",
            "SIGINT or SIGTERM. Exit code: 0; 2 for wrong usage, or if a socket cannot be",
            "opened; 1 for an error while running."
        })
public final class TopCommand implements Callable<Integer> {
    private static final int MOST_ROWS = 10_000;

    @Option(
            names = "--sort",
            paramLabel = "bytes|packets",
            description = "Sort by bytes per second, the default, or by packets.")
    private TopTable.Order order = TopTable.Order.BYTES;

    @Option(
            names = {"-n", "--rows"},
            paramLabel = "N",
            description = "Show N connections; by default one for each line of the terminal, or 20.")
    private @Nullable Integer rows;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "TIME",
            defaultValue = "2s",
            description = "Take a sample every TIME, such as 500ms (2s).")
    private String interval = "2s";

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "End after N samples, which are printed one after the other.")
    private @Nullable Integer count;

    @Option(names = "--once", description = "The same as --count 1.")
    private boolean once;

    @Option(names = "--json", description = "Print samples as JSON objects: the totals, then each connection.")
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
            throw Failure.usage("-n " + rows + ": 1 to " + MOST_ROWS + " connections are supported");
        }
        if (count != null && (count < 1 || once)) {
            throw Failure.usage("--count " + count + ": expected a number from 1, without --once");
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
            throw Failure.usage(e);
        }
        boolean live = !json && looks == Long.MAX_VALUE && Terminal.is(1);
        TopRun.Settings settings = new TopRun.Settings(order, rows == null ? 0 : rows, nanos, looks, json, live);
        try (open;
                ProcessResolver processes = processes(transport)) {
            TopTable top = new TopTable(selection, transport::nanoTime, processes);
            TopRun run = new TopRun(open, top, settings, TextOutput.standard());
            return Ending.during(run::stop, run::await);
        }
    }

    /** Finds the processes of connections; without support of the kernel, the column is left out. */
    private static ProcessResolver processes(NetlinkTransport transport) {
        try {
            return LinuxProcesses.open(transport);
        } catch (NetlinkException e) {
            Messages.print("nfkit top: processes are not shown: " + e.getMessage());
            return ProcessResolver.none();
        }
    }

    private long nanos() throws Failure {
        try {
            long nanos = Span.parse(interval);
            if (nanos > 0) {
                return nanos;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw Failure.usage("--interval " + interval + ": expected a time such as 500ms or 2s");
    }
}
