// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nfkit.samples.fleet.agent.Agent;
import dev.nfkit.samples.fleet.agent.AgentOptions;
import dev.nfkit.samples.fleet.agent.KernelSettings;
import dev.nfkit.samples.fleet.broker.EmbeddedBroker;
import dev.nfkit.samples.fleet.query.Instance;
import dev.nfkit.samples.fleet.stream.StreamOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** Everything on one machine. */
@Command(
        name = "demo",
        description = {
            "Starts a fleet on this machine: three network namespaces, an agent in each, a broker, the job and its queries.",
            "Makes traffic, asks for the connections of the router's address, and prints the ledger. Needs root and ip(8)."
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    private static final int PORT = 8080;
    private static final int CONNECTIONS = 200;
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final ArrayDeque<AutoCloseable> open = new ArrayDeque<>();

    @Override
    public Integer call() throws Exception {
        Path directory = Files.createTempDirectory("nfkit-fleet");
        open.push(() -> delete(directory));
        Thread ending = new Thread(this::close, "ending");
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            return show(directory);
        } finally {
            close();
        }
    }

    private synchronized void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.err.println("nfkit fleet: " + e.getMessage());
            }
        }
    }

    private synchronized <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private int show(Path directory) throws Exception {
        step("a client, a router that translates addresses, and a server, as network namespaces");
        DemoNetwork network =
                opened(new DemoNetwork("nfkit-fleet-" + ProcessHandle.current().pid()));
        step("a broker of Kafka");
        EmbeddedBroker broker = opened(EmbeddedBroker.start(
                directory.resolve("broker"), EmbeddedBroker.freePort(), EmbeddedBroker.freePort()));
        EmbeddedBroker.makeTopics(broker.address(), 2, (short) 1);
        step("an agent on each host, and the job");
        List<Agent> agents = new ArrayList<>();
        for (String host : List.of("client", "router", "server")) {
            agents.add(agent(network, host, broker.address(), directory.resolve(host)));
        }
        String server = "127.0.0.1:" + EmbeddedBroker.freePort();
        Instance instance = opened(Instance.start(
                new StreamOptions(broker.address(), directory.resolve("state"), server, Duration.ofHours(1), 1),
                new InetSocketAddress(
                        InetAddress.getLoopbackAddress(),
                        Integer.parseInt(server.substring(server.indexOf(':') + 1)))));
        await("the job to run", instance::isRunning);

        step(CONNECTIONS + " connections from the client to the server, one of which stays open");
        DemoTraffic traffic = opened(new DemoTraffic(network.namespace("server"), PORT, 20_000));
        traffic.connect(network.namespace("client"), DemoNetwork.SERVER, CONNECTIONS - 1);
        Socket last = opened(network.namespace("client").call(() -> new Socket(DemoNetwork.SERVER, PORT)));
        Instant at = Instant.now().plus(1, ChronoUnit.SECONDS).truncatedTo(ChronoUnit.MILLIS);
        last.getInputStream().readNBytes(1);
        String port = Integer.toString(last.getLocalPort());

        QueryClient client = new QueryClient(server);
        String used = DemoNetwork.TRANSLATED + ":" + port;
        step("nfkit fleet query endpoint " + used + " --at " + at);
        await("the hosts' records", () -> {
            JsonNode answer =
                    client.ask("endpoint", "address", DemoNetwork.TRANSLATED, "port", port, "at", at.toString());
            return answer.path("connections").path(0).path("hosts").size() == 3;
        });
        JsonNode answer = client.ask("endpoint", "address", DemoNetwork.TRANSLATED, "port", port, "at", at.toString());
        for (JsonNode sighting : answer.path("connections").path(0).path("hosts")) {
            System.out.println("  " + line(sighting));
        }
        last.close();
        step("nfkit fleet query top --by process");
        for (JsonNode top : client.ask("top", "by", "process").path("top")) {
            System.out.printf(
                    "  %-12s on %-8s %,12d bytes in %d connections%n",
                    top.path("name").asText(),
                    top.path("host").asText(),
                    top.path("bytes").asLong(),
                    top.path("ended").asLong());
        }
        step("nfkit fleet ledger");
        await("the ledger to be complete", () -> isComplete(client.ask("ledger")));
        JsonNode ledger = client.ask("ledger");
        System.out.print(LedgerCommand.table(ledger).indent(2));
        boolean balanced = true;
        for (JsonNode account : ledger.path("accounts")) {
            balanced &= account.path("balanced").asBoolean();
        }
        System.out.println(balanced ? "The ledger balances." : "The ledger does not balance.");
        for (Agent agent : agents) {
            agent.stop();
        }
        return balanced ? 0 : 1;
    }

    private static boolean isComplete(JsonNode ledger) {
        int complete = 0;
        for (JsonNode account : ledger.path("accounts")) {
            JsonNode total = account.path("total");
            complete += total.path("stored").asLong() >= CONNECTIONS
                            && total.path("inTransit").asLong() == 0
                    ? 1
                    : 0;
        }
        return complete == 3;
    }

    private Agent agent(DemoNetwork network, String host, String brokers, Path spool) throws Exception {
        network.namespace(host).call(() -> {
            KernelSettings.apply();
            return true;
        });
        Agent agent = Agent.open(
                network.transport(host),
                AgentOptions.of(host, brokers, spool).intervals(Duration.ofSeconds(2), Duration.ofSeconds(1)));
        Thread thread = new Thread(
                () -> {
                    try {
                        agent.run();
                    } catch (Exception e) {
                        System.err.println("nfkit fleet: the agent of " + host + ": " + e.getMessage());
                    }
                },
                "agent-" + host);
        thread.start();
        opened(() -> {
            agent.stop();
            thread.join();
            agent.close();
        });
        return agent;
    }

    private static String line(JsonNode sighting) {
        String process =
                sighting.path("process").asText(sighting.path("unknownProcess").asText(""));
        String before = ends(sighting.path("before"));
        String after = ends(sighting.path("after"));
        return String.format(
                "%-8s %s%s  (%s)",
                sighting.path("host").asText(), before, before.equals(after) ? "" : "  =>  " + after, process);
    }

    private static String ends(JsonNode ends) {
        return ends.path("source").asText() + ":" + ends.path("sourcePort").asInt() + " > "
                + ends.path("destination").asText() + ":"
                + ends.path("destinationPort").asInt();
    }

    private static void step(String text) {
        System.out.println("\n* " + text);
    }

    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static void await(String what, Condition condition) throws IOException, InterruptedException {
        long end = System.nanoTime() + LONGEST.toNanos();
        String last = "";
        while (System.nanoTime() < end) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException e) {
                last = ": " + e.getMessage(); // not ready yet
            }
            Thread.sleep(200);
        }
        throw new IOException("waited a minute for " + what + last);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
