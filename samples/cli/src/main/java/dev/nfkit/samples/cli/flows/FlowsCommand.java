// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.NetlinkException;
import dev.nfkit.flows.FlowMeter;
import dev.nfkit.flows.FlowMeterOptions;
import dev.nfkit.flows.ipfix.IpfixCollector;
import dev.nfkit.flows.ipfix.IpfixCollectorOptions;
import dev.nfkit.flows.ipfix.IpfixExporter;
import dev.nfkit.flows.ipfix.IpfixExporterOptions;
import dev.nfkit.flows.ipfix.IpfixFormat;
import dev.nfkit.flows.ipfix.IpfixReaderOptions;
import dev.nfkit.flows.ipfix.IpfixTransport;
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
import dev.nfkit.samples.cli.conntrack.arguments.TupleArguments;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nfkit flows}: records of connections, live, exported, or received. */
@Command(
        name = "flows",
        description = "Prints or exports a record of each connection: its ends, when it was, and how much it carried.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "A connection has a record when it ends, and one for each --active-timeout in",
            "which it carried something. Numbers are those since its last record. Lost",
            "events are printed in their place, and counted at the end. It runs until SIGINT",
            "or SIGTERM, and then prints open connections. Exit code: 0; 2 for wrong usage,",
            "or if something cannot be opened; 1 for an error while running."
        })
public final class FlowsCommand implements Callable<Integer> {
    /** The options that reading IPFIX has. */
    private static final Set<String> COLLECTING =
            Set.of("--collect", "--json", "--quiet", "-c", "--ipfix-enterprise", "--help", "--version");

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--active-timeout",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "Print a record of an open connection at least every TIME, from 1s (60s).")
    private String activeTimeout = "60s";

    @Option(
            names = "--host",
            paramLabel = "NAME",
            description = "This host's name in records; that of the machine by default.")
    private @Nullable String host;

    @Option(
            names = "--changes",
            description = "Receive changes too: marks and labels are those of each record, for five times the events.")
    private boolean changes;

    @Option(names = "--process", description = "Find the process of each connection when it begins.")
    private boolean process;

    @Option(names = "--json", description = "Print records as JSON objects, with the names of ECS.")
    private boolean json;

    @Option(names = "--quiet", description = "Print no records, only losses and the summary.")
    private boolean quiet;

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "End after N records.")
    private @Nullable Long count;

    @Option(
            names = "--ipfix",
            paramLabel = "HOST[:PORT]",
            description = "Export records as IPFIX, to port 4739 by default.")
    private @Nullable String ipfix;

    @Option(names = "--ipfix-tcp", description = "Export over TCP instead of UDP.")
    private boolean ipfixTcp;

    @Option(names = "--ipfix-domain", paramLabel = "N", description = "The observation domain of the export (0).")
    private @Nullable Long domain;

    @Option(
            names = "--ipfix-enterprise",
            paramLabel = "N",
            description = "The private enterprise number of nfkit's own elements (32473, that of examples).")
    private @Nullable Long enterprise;

    @Option(
            names = "--collect",
            paramLabel = "[ADDRESS]:PORT",
            description = "Print what exporters of IPFIX send to this port, by UDP or TCP.")
    private @Nullable String collect;

    @Mixin
    private TupleArguments tuples = new TupleArguments();

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        if (count != null && count < 1) {
            throw Failure.usage("-c " + count + ": expected a number from 1");
        }
        FlowPrinter printer = json ? new FlowJson() : new FlowLines();
        FlowOutput output =
                new FlowOutput(TextOutput.standard(), printer, quiet, count == null ? Long.MAX_VALUE : count);
        return collect == null ? meter(output) : collect(collect, output);
    }

    private int collect(String address, FlowOutput output) throws Failure {
        List<OptionSpec> given =
                spec == null ? List.of() : spec.commandLine().getParseResult().matchedOptions();
        for (OptionSpec option : given) {
            if (!COLLECTING.contains(option.shortestName())) {
                throw Failure.usage(option.longestName() + ": not supported with --collect");
            }
        }
        IpfixCollector collector;
        int port;
        try {
            IpfixReaderOptions reading = IpfixReaderOptions.defaults();
            collector = IpfixCollector.open(
                    Endpoint.local("--collect", address),
                    IpfixCollectorOptions.builder()
                            .reading(enterprise == null ? reading : reading.withEnterprise(enterprise))
                            .build());
            port = collector.address().getPort();
        } catch (IllegalArgumentException e) {
            throw Failure.usage("--ipfix-enterprise " + enterprise + ": " + e.getMessage());
        } catch (IOException e) {
            throw Failure.usage("--collect " + address + ": " + e.getMessage(), e);
        }
        CollectRun run = new CollectRun(collector, output);
        return Ending.during(run::stop, "Receiving IPFIX on port " + port, run::await);
    }

    private int meter(FlowOutput output) throws Failure {
        FlowMeterOptions.Builder options = FlowMeterOptions.builder()
                .activeTimeout(activeTimeout())
                .changes(changes)
                .filter(EntrySelection.of(new EntryOptions(
                                tuples,
                                new MaskArguments(),
                                new EntryArguments(),
                                new ProtocolArguments(),
                                new ChangeArguments(),
                                new NatArguments(),
                                new LabelNames(List.of())))
                        .filter());
        if (host != null) {
            try {
                options.host(host);
            } catch (IllegalArgumentException e) {
                throw Failure.usage("--host: " + e.getMessage());
            }
        }
        NetlinkTransport transport = namespace.transport();
        IpfixExporter exporter = exporter();
        boolean begun = false;
        try (ProcessResolver processes = process ? LinuxProcesses.open(transport) : ProcessResolver.none()) {
            FlowMeter meter =
                    FlowMeter.open(transport, options.processes(processes).build());
            begun = true;
            MeterRun run = new MeterRun(meter, output, exporter);
            return Ending.during(meter::stop, "Metering connections", run::await);
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        } finally {
            if (!begun && exporter != null) {
                exporter.close();
            }
        }
    }

    private Duration activeTimeout() throws Failure {
        try {
            Duration time = Duration.ofNanos(Span.parse(activeTimeout));
            FlowMeterOptions.builder().activeTimeout(time); // verifies it
            return time;
        } catch (IllegalArgumentException e) {
            throw Failure.usage("--active-timeout " + activeTimeout + ": expected a time from 1s to 86400s");
        }
    }

    private @Nullable IpfixExporter exporter() throws Failure {
        if (ipfix == null) {
            if (ipfixTcp || domain != null || enterprise != null) {
                throw Failure.usage("--ipfix-tcp, --ipfix-domain and --ipfix-enterprise need --ipfix");
            }
            return null;
        }
        InetSocketAddress collector = Endpoint.remote("--ipfix", ipfix);
        IpfixFormat format = IpfixFormat.defaults();
        try {
            format = domain == null ? format : format.withObservationDomain(domain);
            format = enterprise == null ? format : format.withEnterprise(enterprise);
        } catch (IllegalArgumentException e) {
            throw Failure.usage("--ipfix-domain, --ipfix-enterprise: " + e.getMessage());
        }
        try {
            return IpfixExporter.open(
                    collector,
                    ipfixTcp ? IpfixTransport.TCP : IpfixTransport.UDP,
                    IpfixExporterOptions.builder().format(format).build());
        } catch (IOException e) {
            throw Failure.usage("--ipfix " + ipfix + ": " + e.getMessage(), e);
        }
    }
}
