// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.processes;

import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEventKind;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.linux.LinuxProcesses;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The share of connections whose process is found, by the time that the process lives after it has connected. Each
 * connection is made by a process of its own, and the question is asked when the event of the new connection arrives.
 */
public final class ProcessShare {
    private static final int[] LIFETIMES = {0, 10, 100, 1000};
    private static final int[] OTHERS = {0, 500};
    private static final String GAP = "0.005";
    private static final Duration TICK = Duration.ofMillis(100);

    private ProcessShare() {}

    /**
     * Prints a line for each lifetime, without other processes and with 500.
     *
     * @param arguments the number of connections of each lifetime, 400 by default
     * @throws Exception if the namespace cannot be made, or the kernel does not show sockets
     */
    public static void main(String[] arguments) throws Exception {
        int connections = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 400;
        try (Scene scene = new Scene()) {
            run(scene, connections, 20); // to compile the code
            for (int others : OTHERS) {
                scene.idle(others);
                for (int lifetime : LIFETIMES) {
                    System.out.println(others + " other processes, " + lifetime + " ms: "
                            + run(scene, connections, lifetime).text());
                }
            }
        }
    }

    /** What was found in one run. */
    private static final class Outcome {
        private int known;
        private final Map<String, Integer> unknown = new TreeMap<>();
        private final List<Long> nanos = new ArrayList<>();

        void take(Attribution found, long took) {
            nanos.add(took);
            // The server is this process; what it is taken for is wrong.
            boolean client = found.known()
                    .filter(process -> process.name().equals("bash"))
                    .isPresent();
            if (client) {
                known++;
            } else {
                unknown.merge(found.toString(), 1, Integer::sum);
            }
        }

        String text() {
            nanos.sort(null);
            return String.format(
                    Locale.ROOT,
                    "%.1f %% of %d known, in %d us (median), %d us (99 of 100)%s",
                    100.0 * known / Math.max(1, nanos.size()),
                    nanos.size(),
                    at(0.5),
                    at(0.99),
                    unknown.isEmpty() ? "" : "; others " + unknown);
        }

        private long at(double share) {
            return nanos.isEmpty() ? 0 : nanos.get((int) (share * (nanos.size() - 1))) / 1000;
        }
    }

    private static Outcome run(Scene scene, int connections, int lifetime) throws Exception {
        Outcome outcome = new Outcome();
        ConntrackEventOptions options =
                ConntrackEventOptions.builder().kinds(ConntrackEventKind.NEW).build();
        try (ConntrackEvents events = ConntrackEvents.open(scene.transport(), options);
                ProcessResolver processes = LinuxProcesses.open(scene.transport())) {
            String live = lifetime == 0 ? "" : "; read -t " + lifetime / 1000.0 + " -u 9";
            Process clients =
                    scene.shell("exec 9<&0; for ((i = 0; i < " + connections + "; i++)); do (exec 3<>/dev/tcp/"
                            + scene.address.getHostAddress() + "/" + scene.port() + live + ") & read -t " + GAP
                            + " -u 9; done; wait");
            Thread server = new Thread(() -> accept(scene, connections), "server");
            server.setDaemon(true);
            server.start();
            while (clients.isAlive() || outcome.nanos.size() < connections) {
                int polled = events.poll(
                        event -> {
                            if (event instanceof ConntrackEvent.New made) {
                                long start = System.nanoTime();
                                Attribution found = processes.resolve(
                                        made.entry().original(), made.entry().reply());
                                outcome.take(found, System.nanoTime() - start);
                            }
                        },
                        TICK);
                if (polled == 0 && !clients.isAlive()) {
                    break;
                }
            }
            server.join();
        }
        scene.closeAccepted();
        return outcome;
    }

    private static void accept(Scene scene, int connections) {
        try {
            for (int i = 0; i < connections; i++) {
                scene.accept();
            }
        } catch (java.io.IOException e) {
            throw new IllegalStateException("the server has failed", e);
        }
    }
}
