// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nflog.NflogGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Measures the settings of options in rounds, one after the other, and prints the median of each. */
public final class Tuning {
    private static final int WHOLE = 65_531;
    private static final int LONG = 8192;
    private static final int LONGEST = 65_536;

    private Tuning() {}

    /**
     * Measures all settings. Prints progress to standard error, and {@code chart|TITLE|UNIT} and {@code bar|SETTING|VALUE}
     * lines to standard output.
     *
     * @param args the number of rounds, 3 by default; then a part of the titles to measure, all by default
     * @throws Exception if the kernel lacks something, or a trial fails
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        String part = args.length > 1 ? args[1] : "";
        List<Trial> trials =
                trials().stream().filter(trial -> trial.chart().contains(part)).toList();
        List<List<Double>> figures = new ArrayList<>();
        trials.forEach(trial -> figures.add(new ArrayList<>()));
        for (int round = 1; round <= rounds; round++) {
            for (int i = 0; i < trials.size(); i++) {
                Trial trial = trials.get(i);
                double figure = trial.measure().run();
                figures.get(i).add(figure);
                System.err.println(String.format(
                        Locale.ROOT,
                        "round %d of %d: %s, %s: %.1f %s",
                        round,
                        rounds,
                        trial.chart(),
                        trial.label(),
                        figure,
                        trial.unit()));
            }
        }
        print(trials, figures);
    }

    private static void print(List<Trial> trials, List<List<Double>> figures) {
        String chart = "";
        for (int i = 0; i < trials.size(); i++) {
            Trial trial = trials.get(i);
            if (!trial.chart().equals(chart)) {
                chart = trial.chart();
                System.out.println("chart|" + chart + "|" + trial.unit());
            }
            System.out.println(String.format(
                    Locale.ROOT,
                    trial.unit().equals("packets") ? "bar|%s|%.0f" : "bar|%s|%.1f",
                    trial.label(),
                    median(figures.get(i))));
        }
    }

    private static double median(List<Double> figures) {
        double[] sorted =
                figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static List<Trial> trials() {
        return List.of(
                TcpTrial.withoutQueue(),
                TcpTrial.through(
                        1,
                        "GSO, 128 bytes copied",
                        queue -> queue.gso(true).copyRange(128).maximumLength(LONG)),
                TcpTrial.through(
                        1, "GSO, whole packets", queue -> queue.gso(true).maximumLength(LONG)),
                TcpTrial.through(
                        2,
                        "GSO, 128 bytes copied, 2 queues",
                        queue -> queue.gso(true).copyRange(128).maximumLength(LONG)),
                TcpTrial.through(
                        1, "128 bytes copied", queue -> queue.copyRange(128).maximumLength(LONG)),
                TcpTrial.through(1, "whole packets, as by default", queue -> queue.maximumLength(LONG)),
                cost("one by one", 64, 128, 1),
                cost("batches of 8", 64, 128, 8),
                cost("batches of 64, as by default", 64, 128, 64),
                cost("batches of 256", 64, 128, 256),
                cost("128 bytes copied", 1400, 128, 64),
                cost("whole packets, as by default", 1400, WHOLE, 64),
                QueueRoundTrip.trial("the thread sleeps, as by default", Duration.ZERO),
                QueueRoundTrip.trial("it spins for 1 ms", Duration.ofMillis(1)),
                QueueBurst.trial("as by default", options -> options.queue(0)),
                burst("a queue of 8,192", LONG),
                burst("a queue of 65,536", LONGEST),
                QueueBurst.trial(
                        "a queue of 65,536, 64 KiB receive buffer",
                        options -> options.receiveBuffer(64 << 10).queue(0, queue -> queue.maximumLength(LONGEST))),
                QueueBurst.trial(
                        "a queue of 8,192 that fails open",
                        options -> options.queue(
                                0, queue -> queue.maximumLength(LONG).failOpen(true))),
                LogTrial.cost("threshold 1", gathering(1, 100, 65_536)),
                LogTrial.cost("threshold 64", gathering(64, 100, 65_536)),
                LogTrial.cost("threshold 1024, NLBUFSIZ 64 KiB", gathering(1024, 100, 65_536)),
                LogTrial.cost("threshold 1024, NLBUFSIZ 128 KiB", gathering(1024, 100, 131_072)),
                LogTrial.delay("threshold 1", gathering(1, 100, 65_536)),
                LogTrial.delay("threshold 64, timeout 10 ms", gathering(64, 10, 65_536)),
                LogTrial.delay("threshold 64, timeout 100 ms", gathering(64, 100, 65_536)),
                LogTrial.burst("256 KiB receive buffer", 256 << 10, gathering(64, 100, 65_536)),
                LogTrial.burst("4 MiB", 4 << 20, gathering(64, 100, 65_536)),
                LogTrial.burst("64 MiB", 64 << 20, gathering(64, 100, 65_536)));
    }

    private static Trial cost(String label, int size, int range, int batch) {
        return QueueCost.trial(
                label,
                size,
                options -> options.batchSize(batch)
                        .queue(0, queue -> queue.copyRange(range).maximumLength(LONGEST)));
    }

    private static Trial burst(String label, int length) {
        return QueueBurst.trial(label, options -> options.queue(0, queue -> queue.maximumLength(length)));
    }

    private static Consumer<NflogGroup.Builder> gathering(int threshold, int timeout, int bufferSize) {
        return group -> group.copyRange(128)
                .threshold(threshold)
                .timeout(Duration.ofMillis(timeout))
                .bufferSize(bufferSize);
    }
}
