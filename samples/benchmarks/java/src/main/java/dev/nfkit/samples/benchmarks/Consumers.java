// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.netfilter.Statistics;
import java.util.Locale;

/** Shuts down a consumer, and prints its result. */
public final class Consumers {
    private static final long EXIT_WAIT_MILLIS = 2000;

    private Consumers() {}

    /**
     * Lets SIGTERM and SIGINT stop a session gracefully: the JVM exits after the calling thread has ended.
     *
     * @param stop stops the session that the calling thread runs
     */
    public static void endOnSignal(Runnable stop) {
        Thread runner = Thread.currentThread();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            stop.run();
                            try {
                                runner.join(EXIT_WAIT_MILLIS);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "stop"));
    }

    /**
     * Prints the result line of a consumer.
     *
     * @param name the consumer
     * @param statistics the session's
     * @param bytes the number of payload bytes read
     * @param sink a value that depends on the bytes read, so that the reads are not optimized away
     */
    public static void report(String name, Statistics statistics, long bytes, long sink) {
        System.out.println(String.format(
                Locale.ROOT,
                "RESULT name=%s pkts=%d lost=%d drops=%d bytes=%d sink=%x",
                name,
                statistics.delivered(),
                statistics.sequenceGaps(),
                statistics.socketDrops(),
                bytes,
                sink));
    }
}
