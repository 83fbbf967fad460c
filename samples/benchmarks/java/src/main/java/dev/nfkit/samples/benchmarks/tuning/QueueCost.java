// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.function.Consumer;

/** The processor time of the thread that decides, for each packet, when many packets wait. */
final class QueueCost implements Trial {
    private static final int BURST = 20_000;
    private static final int BURSTS = 10;
    private static final int SOCKETS = 400;

    private final String label;
    private final int size;
    private final Consumer<NfqueueOptions.Builder> configure;

    QueueCost(String label, int size, Consumer<NfqueueOptions.Builder> configure) {
        this.label = label;
        this.size = size;
        this.configure = configure;
    }

    @Override
    public String chart() {
        return "Decide a queued packet of " + size + " bytes";
    }

    @Override
    public String unit() {
        return "ns";
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public double run() throws Exception {
        NfqueueOptions.Builder options = NfqueueOptions.builder().receiveBuffer(64 << 20);
        configure.accept(options);
        try (Place place = new Place("NFQUEUE --queue-num 0");
                NfqueueSession session = NfqueueSession.open(place.namespace().transport(), options.build());
                Datagrams datagrams = new Datagrams(place.namespace(), SOCKETS, size)) {
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
