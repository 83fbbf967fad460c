// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.kafka.spool.SpoolLimits;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.samples.fleet.agent.Agent;
import dev.nfkit.samples.fleet.agent.AgentOptions;
import dev.nfkit.samples.fleet.agent.KernelSettings;
import dev.nfkit.socket.NetlinkTransport;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The agent of this host. */
@Command(
        name = "agent",
        description = {
            "Puts the flow records of this host on Kafka, until it is interrupted.",
            "It sets net.netfilter.nf_conntrack_acct, _timestamp and _events to 1, and leaves the table inet nfkit-fleet, "
                    + "which counts connections."
        },
        mixinStandardHelpOptions = true)
final class AgentCommand implements Callable<Integer> {
    @Option(
            names = "--brokers",
            required = true,
            paramLabel = "HOST:PORT,...",
            description = "The brokers to begin with.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String brokers;

    @Option(
            names = "--spool",
            required = true,
            paramLabel = "DIR",
            description = "Keeps what the brokers do not have yet.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path spool;

    @Option(names = "--host", paramLabel = "NAME", description = "The name in the records; this machine's by default.")
    private @Nullable String host;

    @Option(
            names = "--netns",
            paramLabel = "NAME|PATH",
            description = "The network namespace; this process's by default.")
    private @Nullable String namespace;

    @Option(
            names = "--active-timeout",
            paramLabel = "TIME",
            defaultValue = "PT1M",
            description = "The longest time without a record of an open connection; ${DEFAULT-VALUE} by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration activeTimeout;

    @Option(
            names = "--counts-every",
            paramLabel = "TIME",
            defaultValue = "PT5S",
            description = "How often the counts of the ledger are written; ${DEFAULT-VALUE} by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration countsEvery;

    @Option(names = "--receive-buffer", paramLabel = "BYTES", description = "Of the events; 64 MiB by default.")
    private int receiveBuffer = ConntrackEventOptions.builder().build().receiveBuffer();

    @Option(names = "--spool-bytes", paramLabel = "BYTES", description = "The limit of the spool; 1 GiB by default.")
    private long spoolBytes = SpoolLimits.standard().bytes();

    @Option(names = "--no-processes", negatable = true, description = "Does not look up the processes of connections.")
    private boolean noProcesses;

    @Override
    public Integer call() throws Exception {
        AgentOptions options = new AgentOptions(
                host == null ? InetAddress.getLocalHost().getHostName() : host,
                brokers,
                spool,
                new SpoolLimits(spoolBytes, SpoolLimits.standard().age()),
                activeTimeout,
                countsEvery,
                receiveBuffer,
                !noProcesses);
        NetlinkTransport transport;
        if (namespace == null) {
            KernelSettings.apply();
            transport = LinuxTransport.current();
        } else {
            NetworkNamespace other = namespace.contains("/")
                    ? NetworkNamespace.at(Path.of(namespace))
                    : NetworkNamespace.named(namespace);
            other.call(() -> {
                KernelSettings.apply();
                return true;
            });
            transport = LinuxTransport.of(other);
        }
        try (Agent agent = Agent.open(transport, options)) {
            Ending.onSignal(agent::stop);
            System.err.println("nfkit fleet: the agent of " + options.host() + " runs");
            agent.run();
            agent.await(Duration.ofSeconds(5));
        } finally {
            Ending.done();
        }
        return 0;
    }
}
