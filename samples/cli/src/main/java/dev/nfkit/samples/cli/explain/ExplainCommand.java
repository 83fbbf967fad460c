// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.explain;

import dev.nfkit.nftables.trace.PacketPathOptions;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.arguments.StopArguments;
import dev.nfkit.samples.cli.arguments.TraceArguments;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.paths.PathPrinter;
import dev.nfkit.samples.cli.paths.PathRun;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nfkit explain}: what the rules do with packets, by tracing. */
@Command(
        name = "explain",
        description =
                "Prints what the rules of nftables do with packets: chain by chain, each rule that matches, as text,"
                        + " and what decides.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "A rule in a table of this process traces the packets; the table disappears with the process, and the tables of",
            "others are not changed. The kernel reports rules that match and the ends of chains; rules that do not match are",
            "not shown. It shows a packet's connection since Linux 6.16. SIGINT and SIGTERM end the command.",
            "Exit code: 0; 2 for wrong usage, or if a socket cannot be opened; 1 for an error while running."
        })
public final class ExplainCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..*",
            paramLabel = "FILTER",
            description = "Which packets, in the language of nft, such as 'tcp dport 443'; none for all packets.")
    private List<String> filter = List.of();

    @Mixin
    private TraceArguments place = new TraceArguments();

    @Mixin
    private StopArguments stops = new StopArguments();

    @Option(names = "--json", description = "Print each packet as a JSON object, one in each line.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        String match = String.join(" ", filter);
        PacketPathOptions options = place.options("FILTER", match);
        Criteria stop = stops.criteria();
        if (stop.bytes() > 0 || stop.files() > 0) {
            throw Failure.usage("-a filesize and -a files need files: expected duration or packets");
        }
        NetlinkTransport transport = namespace.transport();
        PacketPaths session = PathRun.open(transport, options);
        PathPrinter printer = new PathPrinter(session, transport.kernel(), json, TextOutput.standard());
        String begins = "Explaining " + (match.isBlank() ? "all packets" : match);
        return Ending.during(session::stop, begins, new PathRun(session, printer, stop, "explained")::await);
    }
}
