// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import dev.nfkit.samples.fleet.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An embedded broker as a process. */
@Command(
        name = "broker",
        description = "Runs one broker of Kafka on the loopback, for trials, until it is interrupted.",
        mixinStandardHelpOptions = true)
final class BrokerCommand implements Callable<Integer> {
    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Its data.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path data;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "9092", description = "${DEFAULT-VALUE} by default.")
    private int port;

    @Option(
            names = "--controller-port",
            paramLabel = "PORT",
            defaultValue = "9093",
            description = "${DEFAULT-VALUE} by default.")
    private int controllerPort;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Of the topic of flows; ${DEFAULT-VALUE} by default.")
    private int partitions;

    @Override
    public Integer call() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        try (EmbeddedBroker broker = EmbeddedBroker.start(data, port, controllerPort)) {
            Ending.onSignal(stopped::countDown);
            EmbeddedBroker.makeTopics(broker.address(), partitions, (short) 1);
            System.err.println("nfkit fleet: a broker at " + broker.address());
            stopped.await();
        } finally {
            Ending.done();
        }
        return 0;
    }
}
