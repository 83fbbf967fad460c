// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.broker;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * One broker and controller (KRaft) in this process, on ports of the loopback, with its data in a directory. A broker that
 * is started again with the same directory and ports goes on where it was.
 */
public final class EmbeddedBroker implements AutoCloseable {
    /** The topic of flows. */
    public static final String FLOWS = "nfkit-flows";

    /** The topic of losses and counts. */
    public static final String LEDGER = "nfkit-ledger";

    private static final int NODE = 1;
    private static final int START_SECONDS = 60;

    private final String address;
    private final KafkaRaftServer server;

    private EmbeddedBroker(String address, KafkaRaftServer server) {
        this.address = address;
        this.server = server;
    }

    /**
     * Starts a broker, and returns when it accepts connections.
     *
     * @param directory its data; made and formatted if there is none
     * @param port the port of clients on 127.0.0.1
     * @param controllerPort the port of the controller there
     * @return the broker, which the caller closes
     * @throws IOException if the directory cannot be formatted or the broker not started
     */
    public static EmbeddedBroker start(Path directory, int port, int controllerPort) throws IOException {
        String data = directory.resolve("data").toString();
        try {
            Files.createDirectories(directory);
            if (!Files.exists(directory.resolve("data").resolve("meta.properties"))) {
                new Formatter()
                        .setPrintStream(new PrintStream(PrintStream.nullOutputStream()))
                        .setClusterId(Uuid.randomUuid().toString())
                        .setNodeId(NODE)
                        .setControllerListenerName("CONTROLLER")
                        .setMetadataLogDirectory(data)
                        .addDirectory(data)
                        .run();
            }
            KafkaRaftServer server =
                    new KafkaRaftServer(new KafkaConfig(properties(data, port, controllerPort), false), Time.SYSTEM);
            server.startup();
            return new EmbeddedBroker("127.0.0.1:" + port, server);
        } catch (Exception e) {
            throw new IOException("start a broker in " + directory + ": " + e.getMessage(), e);
        }
    }

    private static Properties properties(String data, int port, int controllerPort) {
        Properties properties = new Properties();
        properties.putAll(Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", String.valueOf(NODE)),
                Map.entry("controller.quorum.voters", NODE + "@127.0.0.1:" + controllerPort),
                Map.entry("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("log.dirs", data),
                Map.entry("auto.create.topics.enable", "false"),
                Map.entry("num.network.threads", "1"),
                Map.entry("num.io.threads", "2"),
                Map.entry("background.threads", "2"),
                Map.entry("num.recovery.threads.per.data.dir", "1"),
                Map.entry("log.cleaner.dedupe.buffer.size", "4194304"),
                Map.entry("log.cleaner.threads", "1"),
                Map.entry("default.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("transaction.state.log.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"),
                Map.entry("share.coordinator.state.topic.num.partitions", "1"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                Map.entry("group.min.session.timeout.ms", "1000"),
                Map.entry("controlled.shutdown.enable", "false")));
        return properties;
    }

    /**
     * A port of the loopback that nothing uses at this moment.
     *
     * @return its number
     * @throws IOException if there is none
     */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * Makes the topics of the fleet, unless they exist.
     *
     * @param brokers the brokers to begin with
     * @param partitions of the topic of flows, which bounds the number of Streams threads that share the work
     * @param replicas copies of each; −1 for the brokers' default
     * @throws IOException if the brokers cannot be reached or refuse it
     */
    public static void makeTopics(String brokers, int partitions, short replicas) throws IOException {
        Map<String, Object> properties = new HashMap<>();
        properties.put("bootstrap.servers", brokers);
        properties.put("default.api.timeout.ms", START_SECONDS * 1000);
        try (Admin admin = Admin.create(properties)) {
            for (NewTopic topic :
                    List.of(new NewTopic(FLOWS, partitions, replicas), new NewTopic(LEDGER, 1, replicas))) {
                try {
                    admin.createTopics(List.of(topic)).all().get(START_SECONDS, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw new IOException("make the topic " + topic.name() + ": " + e.getMessage(), e);
                    }
                }
            }
        } catch (TimeoutException e) {
            throw new IOException("make topics: " + brokers + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * Where clients connect.
     *
     * @return address and port
     */
    public String address() {
        return address;
    }

    /** Stops the broker. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
