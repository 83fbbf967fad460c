// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.samples.benchmarks.PracticeNamespace;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.function.Consumer;

/** The processor time of the thread that decides, for each packet, when many packets wait. */
final class QueueCost {
    private static final int BURST = 20_000;
    private static final int BURSTS = 10;
    private static final int SOCKETS = 400;

    private QueueCost() {}

    static Trial trial(String label, int size, Consumer<NfqueueOptions.Builder> configure) {
        return new Trial("Decide a queued packet of " + size + " bytes", "ns", label, () -> run(size, configure));
    }

    private static double run(int size, Consumer<NfqueueOptions.Builder> configure) throws Exception {
        NfqueueOptions.Builder options = NfqueueOptions.builder().receiveBuffer(64 << 20);
        configure.accept(options);
        try (PracticeNamespace namespace = PracticeNamespace.open("NFQUEUE", "--queue-num", "0");
                NfqueueSession session = NfqueueSession.open(namespace.transport(), options.build());
                Datagrams datagrams = new Datagrams(namespace, SOCKETS, size)) {
            drain(session, datagrams); // warms up
            return (double) drain(session, datagrams) / (BURSTS * BURST);
        }
    }

    private static long drain(NfqueueSession session, Datagrams datagrams) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (int i = 0; i < BURSTS; i++) {
            datagrams.send(BURST);
            long before = threads.getCurrentThreadCpuTime();
            for (int left = BURST; left > 0; ) {
                left -= session.poll(packet -> Verdict.ACCEPT, Duration.ofSeconds(1));
            }
            nanos += threads.getCurrentThreadCpuTime() - before;
        }
        return nanos;
    }
}
