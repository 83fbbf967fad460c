// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.samples.benchmarks.tuning.LogTrial.Figure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Measures the settings of options in rounds, one after the other, and prints the median of each. */
public final class Tuning {
    private static final int WHOLE = 65_531;

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
                double figure = trial.run();
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
        return Arrays.asList(
                new TcpTrial("no queue", 0, null),
                new TcpTrial(
                        "GSO, 128 bytes copied",
                        1,
                        queue -> queue.gso(true).copyRange(128).maximumLength(8192)),
                new TcpTrial("GSO, whole packets", 1, queue -> queue.gso(true).maximumLength(8192)),
                new TcpTrial(
                        "GSO, 128 bytes copied, 2 queues",
                        2,
                        queue -> queue.gso(true).copyRange(128).maximumLength(8192)),
                new TcpTrial(
                        "128 bytes copied", 1, queue -> queue.copyRange(128).maximumLength(8192)),
                new TcpTrial("whole packets, as by default", 1, queue -> queue.maximumLength(8192)),
                cost("one by one", 64, 128, 1),
                cost("batches of 8", 64, 128, 8),
                cost("batches of 64, as by default", 64, 128, 64),
                cost("batches of 256", 64, 128, 256),
                cost("128 bytes copied", 1400, 128, 64),
                cost("whole packets, as by default", 1400, WHOLE, 64),
                new QueueRoundTrip("the thread sleeps, as by default", Duration.ZERO),
                new QueueRoundTrip("it spins for 1 ms", Duration.ofMillis(1)),
                burst("as by default", options -> options.queue(0)),
                burst("a queue of 8,192", options -> options.queue(0, queue -> queue.maximumLength(8192))),
                burst("a queue of 65,536", options -> options.queue(0, queue -> queue.maximumLength(65_536))),
                burst(
                        "a queue of 65,536, 64 KiB receive buffer",
                        options -> options.receiveBuffer(64 << 10).queue(0, queue -> queue.maximumLength(65_536))),
                burst(
                        "a queue of 8,192 that fails open",
                        options -> options.queue(
                                0, queue -> queue.maximumLength(8192).failOpen(true))),
                log(Figure.COST, "threshold 1", 64 << 20, 1, 100, 65_536),
                log(Figure.COST, "threshold 64", 64 << 20, 64, 100, 65_536),
                log(Figure.COST, "threshold 1024, NLBUFSIZ 64 KiB", 64 << 20, 1024, 100, 65_536),
                log(Figure.COST, "threshold 1024, NLBUFSIZ 128 KiB", 64 << 20, 1024, 100, 131_072),
                log(Figure.DELAY, "threshold 1", 4 << 20, 1, 100, 65_536),
                log(Figure.DELAY, "threshold 64, timeout 10 ms", 4 << 20, 64, 10, 65_536),
                log(Figure.DELAY, "threshold 64, timeout 100 ms", 4 << 20, 64, 100, 65_536),
                log(Figure.BURST, "256 KiB receive buffer", 256 << 10, 64, 100, 65_536),
                log(Figure.BURST, "4 MiB", 4 << 20, 64, 100, 65_536),
                log(Figure.BURST, "64 MiB", 64 << 20, 64, 100, 65_536));
    }

    private static Trial cost(String label, int size, int range, int batch) {
        return new QueueCost(
                label,
                size,
                options -> options.batchSize(batch)
                        .queue(0, queue -> queue.copyRange(range).maximumLength(65_536)));
    }

    private static Trial burst(String label, Consumer<NfqueueOptions.Builder> configure) {
        return new QueueBurst(label, configure);
    }

    private static Trial log(
            Figure figure, String label, int receiveBuffer, int threshold, int timeout, int bufferSize) {
        return new LogTrial(
                figure,
                label,
                receiveBuffer,
                group -> group.copyRange(128)
                        .threshold(threshold)
                        .timeout(Duration.ofMillis(timeout))
                        .bufferSize(bufferSize));
    }
}
