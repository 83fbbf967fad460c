// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.NetlinkException;
import dev.nfkit.filter.FilterView;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.trace.PacketPathOptions;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.arguments.FilterArguments;
import dev.nfkit.samples.cli.arguments.InstalledRuleArguments;
import dev.nfkit.samples.cli.arguments.InterfaceArgument;
import dev.nfkit.samples.cli.arguments.PrintArguments;
import dev.nfkit.samples.cli.arguments.SessionArguments;
import dev.nfkit.samples.cli.arguments.StopArguments;
import dev.nfkit.samples.cli.output.CounterLine;
import dev.nfkit.samples.cli.output.JsonPrinter;
import dev.nfkit.samples.cli.output.LinePrinter;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.NflogFields;
import dev.nfkit.samples.cli.output.PacketPrinter;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.paths.DroppedPrinter;
import dev.nfkit.samples.cli.paths.PathOutput;
import dev.nfkit.samples.cli.paths.PathRun;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkTransport;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit capture}, modelled on dumpcap. */
@Command(
        name = "capture",
        description = "Captures packets, into a file or as lines: those that rules log to NFLOG groups,"
                + " those that --rule matches, or those that rules drop.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Without -w and --json, each packet is printed as a line. SIGINT and SIGTERM finish the file.",
            "Exit code: 0; 2 for wrong usage, or if a file or socket cannot be opened; 1 for an error while running."
        })
public final class CaptureCommand implements Callable<Integer> {
    @Option(
            names = {"-i", "--interface"},
            paramLabel = "nflog:GROUP",
            description = "The group that rules log to; several groups share one session.")
    private List<String> interfaces = List.of();

    @Mixin
    private DroppedArguments dropped = new DroppedArguments();

    @Mixin
    private InstalledRuleArguments installed = new InstalledRuleArguments();

    @Option(
            names = {"-w", "--write"},
            paramLabel = "FILE",
            description = "Write a capture file; - for standard output.")
    private @Nullable String file;

    @Mixin
    private StopArguments stops = new StopArguments();

    @Option(
            names = {"-b", "--ring-buffer"},
            paramLabel = "CONDITION",
            description = "Begin the next file after duration:SECONDS, filesize:KB or packets:N; keep files:N.")
    private List<String> ring = List.of();

    @Option(names = "-P", description = "Write classic pcap instead of pcapng.")
    private boolean classic;

    @Option(
            names = "--raw",
            description = "Write bare IP packets (link type 101) instead of NFLOG's (239), for tools that need them.")
    private boolean raw;

    @Mixin
    private FilterArguments filter = new FilterArguments();

    @Mixin
    private PrintArguments print = new PrintArguments();

    @Mixin
    private SessionArguments session = new SessionArguments();

    @Mixin
    private GroupArguments groups = new GroupArguments();

    @Override
    public Integer call() throws Failure {
        NetlinkTransport transport = session.transport();
        if (dropped.given()) {
            return captureDropped(transport);
        }
        PacketFilter wanted = filter.filter();
        Optional<PacketRule> rule = installed.rule();
        List<Integer> numbers = installed.numbers(
                InterfaceArgument.GROUPS,
                interfaces,
                number -> transport.kernel().nflogGroups().stream().anyMatch(group -> group.group() == number));
        NflogOptions options = groups.options(numbers, session, rule);
        Criteria stop = stop();
        CaptureFiles.Format format = file == null ? null : format(file, options, stop);
        if (format != null) {
            stop = format.ring().switches() ? stop.withBytes(0) : stop;
            if (print.json() && format.standardOutput()) {
                throw Failure.usage("--json and -w - both write to standard output");
            }
        } else if (raw || classic) {
            throw Failure.usage((raw ? "--raw" : "-P") + " needs -w: it is a format of files");
        } else if (!ring.isEmpty()) {
            throw Failure.usage("-b needs -w: the names are derived from the file's");
        }
        return capture(transport, options, format, stop, numbers, wanted);
    }

    private int captureDropped(NetlinkTransport transport) throws Failure {
        boolean logged = !interfaces.isEmpty() || installed.matches() || session.copyRange() > 0;
        if (filter.given()) {
            throw Failure.usage("--dropped has its filter as its own argument: --dropped '" + dropped.match()
                    + "', in the language of nft");
        }
        Criteria stop = stop();
        DroppedArguments.check(stop, logged, !ring.isEmpty() || classic || raw);
        if (file != null && file.equals("-") && print.json()) {
            throw Failure.usage("--json and -w - both write to standard output");
        }
        PacketPathOptions options = installed.traced("--dropped", dropped.match());
        PacketPaths open = PathRun.open(transport, options);
        Clock clock = Clock.system(ZoneId.systemDefault());
        DroppedPrinter printer =
                new DroppedPrinter(open, transport.kernel(), print.json(), TextOutput.standard(), clock);
        PathOutput output = printer;
        if (file != null) {
            try {
                output = new DroppedFile(file, printer, print.json(), clock);
            } catch (WriteFailure e) {
                open.close();
                throw Failure.usage(e);
            }
        }
        String begins = "Capturing packets that rules drop" + (file == null ? "" : " into " + file);
        return Ending.during(open::stop, begins, new PathRun(open, output, stop, "captured")::await);
    }

    private Criteria stop() throws Failure {
        Criteria stop = stops.criteria();
        if (stop.bytes() > 0 && file == null) {
            throw Failure.usage("-a filesize needs -w");
        }
        return stop;
    }

    private CaptureFiles.Format format(String target, NflogOptions options, Criteria stop) throws Failure {
        Criteria switching = Criteria.parse("-b", ring);
        if (!ring.isEmpty() && switching.bytes() == 0) {
            switching = switching.withBytes(stop.bytes());
        }
        if (!ring.isEmpty() && !switching.switches()) {
            throw Failure.usage("-b files needs a condition for the next file: add -b filesize:KB,"
                    + " -b duration:SECONDS or -b packets:N");
        }
        if (!ring.isEmpty() && target.equals("-")) {
            throw Failure.usage("-b needs files: standard output is one stream");
        }
        if (stop.files() > 0 && !switching.switches()) {
            throw Failure.usage("-a files needs -b, which begins files");
        }
        return new CaptureFiles.Format(
                target, classic, raw ? LinkType.RAW : LinkType.NFLOG, switching, options.groups());
    }

    public static NflogSession open(NetlinkTransport transport, NflogOptions options) throws Failure {
        try {
            return NflogSession.open(transport, options);
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
    }

    private int capture(
            NetlinkTransport transport,
            NflogOptions options,
            CaptureFiles.@Nullable Format format,
            Criteria stop,
            List<Integer> numbers,
            PacketFilter wanted)
            throws Failure {
        NflogSession open = open(transport, options);
        CaptureFiles files = null;
        if (format != null) {
            try {
                files = CaptureFiles.open(format, transport.kernel(), open::statistics);
            } catch (WriteFailure e) {
                open.close();
                throw Failure.usage(e);
            }
        }
        PacketPrinter<NflogPacket> printer =
                print.json() || files == null ? printer(print.json(), transport.kernel()) : null;
        TextOutput text = printer == null ? null : TextOutput.standard();
        Capture capture = new Capture(open, files, printer, text, stop, new CounterLine(!print.quiet() && text == null))
                .only(wanted, FilterView.of(transport.kernel()));
        CaptureOutcome outcome = new CaptureOutcome(capture, files);
        return Ending.during(open::stop, () -> {
            announce(open, options, numbers);
            return outcome.await();
        });
    }

    public static PacketPrinter<NflogPacket> printer(boolean json, KernelView kernel) {
        NflogFields fields = new NflogFields();
        return json ? new JsonPrinter<>(fields, kernel) : new LinePrinter<>(fields, kernel);
    }

    private void announce(NflogSession open, NflogOptions options, List<Integer> numbers) throws Failure {
        String names = numbers.stream().map(group -> "nflog:" + group).collect(Collectors.joining(", "));
        String what = options.rule().map(rule -> rule + " (" + names + ")").orElse(names);
        Messages.print("Capturing on " + what + (file == null ? "" : " into " + file));
        SessionArguments.warnOfSmallBuffer(
                open.receiveBuffer(), groups.receiveBuffer(session), "so that batches are smaller");
    }
}
