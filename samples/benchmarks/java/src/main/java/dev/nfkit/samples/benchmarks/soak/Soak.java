// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs scenarios in rounds until the time is over. The network namespace of this process must not be in use by others.
 * After each scenario, every packet sent must be delivered or counted as lost. After each round but the first, the
 * process must not use more descriptors, threads and memory than before.
 */
public final class Soak {
    private static final int LEAST_ROUNDS = 3;
    private static final int MOST = 1_000_000;

    private final List<Scenario> scenarios;
    private final Map<String, long[]> totals = new LinkedHashMap<>();
    private final Map<String, String> skipped = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();

    private Soak(List<Scenario> scenarios) {
        this.scenarios = scenarios;
    }

    /**
     * Returns the scenarios of the Java API.
     *
     * @return one scenario for each kind of load
     */
    public static List<Scenario> scenarios() {
        return List.of(
                new NflogScenario(false),
                new NflogScenario(true),
                new QueueScenario(QueueScenario.Kind.SYNC),
                new QueueScenario(QueueScenario.Kind.SMALL_BUFFER),
                new QueueScenario(QueueScenario.Kind.TRACKED),
                new QueueScenario(QueueScenario.Kind.CONNECTIONS),
                new QueueScenario(QueueScenario.Kind.HELD),
                new QueueScenario(QueueScenario.Kind.DEADLINES),
                new GsoScenario(),
                new EventsScenario());
    }

    /**
     * Runs scenarios, prints the balance of each, and prints a summary at the end.
     *
     * @param args the approximate length of the run in seconds (45 by default); then the milliseconds that a scenario sends
     *     each time (1000)
     * @param scenarios the scenarios
     * @return the exit code: 0; 1 if anything was lost without being counted, or has grown; 2 if an argument is wrong,
     *     or the network namespace is in use by others
     * @throws IOException if the state of this process cannot be read
     */
    public static int run(String[] args, List<Scenario> scenarios) throws IOException {
        long seconds;
        long millis;
        try {
            seconds = number(args, 0, 45, 0);
            millis = number(args, 1, 1000, 1);
        } catch (NumberFormatException e) {
            System.err.println("usage: soak [SECONDS [MILLISECONDS]]: " + e.getMessage());
            return 2;
        }
        if (NetworkInterface.networkInterfaces().anyMatch(Soak::leadsOutside)) {
            System.err.println("soak removes rules and connections: run it in a network namespace of its own");
            return 2;
        }
        return new Soak(scenarios).rounds(TimeUnit.SECONDS.toNanos(seconds), Duration.ofMillis(millis));
    }

    private static long number(String[] args, int index, long otherwise, long least) {
        if (args.length <= index) {
            return otherwise;
        }
        long value = Long.parseLong(args[index]);
        if (value < least || value > MOST) {
            throw new NumberFormatException(value + " is not within " + least + " and " + MOST);
        }
        return value;
    }

    private static boolean leadsOutside(NetworkInterface device) {
        try {
            return device.isUp() && !device.isLoopback();
        } catch (SocketException e) {
            return true;
        }
    }

    private int rounds(long nanos, Duration time) throws IOException {
        long start = System.nanoTime();
        Vitals before = null;
        int round = 0;
        while (failures.isEmpty() && (round < LEAST_ROUNDS || System.nanoTime() - start < nanos)) {
            round++;
            for (Scenario scenario : scenarios) {
                one(scenario, time);
            }
            Vitals now = before == null ? Vitals.now() : Vitals.settled(before);
            print("round %d: %s", round, now);
            if (before == null) {
                before = now;
            } else {
                String growth = now.growth(before);
                if (!growth.isEmpty()) {
                    failures.add("round " + round + ": more in use: " + growth);
                }
            }
        }
        summary(round, System.nanoTime() - start);
        return failures.isEmpty() ? 0 : 1;
    }

    private void one(Scenario scenario, Duration time) {
        String name = scenario.name();
        if (skipped.containsKey(name)) {
            return;
        }
        try {
            Balance balance = scenario.run(time);
            String problem = balance.problem();
            print("%-32s %s%s", name, balance, problem.isEmpty() ? "" : ": FAILED: " + problem);
            if (!problem.isEmpty()) {
                failures.add(name + ": " + problem + ": " + balance);
            }
            long[] total = totals.computeIfAbsent(name, any -> new long[2]);
            total[0] += balance.sent();
            total[1] += balance.allLost();
        } catch (Scenario.SkippedException e) {
            String reason = String.valueOf(e.getMessage());
            skipped.put(name, reason);
            print("%-32s SKIPPED: %s", name, reason);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failures.add(name + ": interrupted");
        } catch (Exception | Error e) {
            e.printStackTrace();
            failures.add(name + ": " + e);
        }
    }

    private void summary(int rounds, long nanos) {
        print("%n%d rounds in %d s", rounds, TimeUnit.NANOSECONDS.toSeconds(nanos));
        totals.forEach(
                (name, total) -> print("%-32s %d sent, of which %d are counted as lost", name, total[0], total[1]));
        skipped.forEach((name, reason) -> print("%-32s SKIPPED: %s", name, reason));
        failures.forEach(failure -> print("FAILED: %s", failure));
        print(failures.isEmpty() ? "All of it is accounted for." : "%d failures.", failures.size());
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
