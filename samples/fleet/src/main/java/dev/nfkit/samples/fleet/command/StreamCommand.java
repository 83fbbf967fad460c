// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import dev.nfkit.samples.fleet.broker.EmbeddedBroker;
import dev.nfkit.samples.fleet.query.Instance;
import dev.nfkit.samples.fleet.stream.StreamOptions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An instance of the job. */
@Command(
        name = "stream",
        description =
                "Stores and sums the records of all hosts, and answers queries over HTTP, until it is interrupted.",
        mixinStandardHelpOptions = true)
final class StreamCommand implements Callable<Integer> {
    @Option(
            names = "--brokers",
            required = true,
            paramLabel = "HOST:PORT,...",
            description = "The brokers to begin with.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String brokers;

    @Option(names = "--state", required = true, paramLabel = "DIR", description = "The stores of this instance.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path state;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS:PORT",
            defaultValue = "127.0.0.1:8018",
            description = "Where queries are answered; ${DEFAULT-VALUE} by default. There is no authentication.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String listen;

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description = "Where the other instances reach this one; the address of --listen by default.")
    private @Nullable String server;

    @Option(
            names = "--retention",
            paramLabel = "TIME",
            defaultValue = "PT24H",
            description = "How long records can be queried; ${DEFAULT-VALUE} by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration retention;

    @Option(
            names = "--make-topics",
            paramLabel = "PARTITIONS",
            description = "Makes the topics nfkit-flows and nfkit-ledger, unless they exist.")
    private int partitions;

    @Option(
            names = "--replicas",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Copies of topics that it makes; the brokers' default otherwise.")
    private short replicas;

    @Override
    public Integer call() throws Exception {
        int colon = listen.lastIndexOf(':');
        if (colon < 1 || !listen.substring(colon + 1).matches("\\d{1,5}")) {
            throw new IllegalArgumentException("--listen is ADDRESS:PORT, not " + listen);
        }
        InetSocketAddress address =
                new InetSocketAddress(listen.substring(0, colon), Integer.parseInt(listen.substring(colon + 1)));
        if (partitions > 0) {
            EmbeddedBroker.makeTopics(brokers, partitions, replicas);
        }
        StreamOptions options =
                new StreamOptions(brokers, state, server == null ? listen : server, retention, replicas);
        try (Instance instance = Instance.start(options, address)) {
            Ending.onSignal(instance::close);
            System.err.println("nfkit fleet: queries at http://" + listen + "/v1/");
            String failure = instance.await();
            if (!failure.isEmpty()) {
                throw new IllegalStateException(failure);
            }
        } finally {
            Ending.done();
        }
        return 0;
    }
}
