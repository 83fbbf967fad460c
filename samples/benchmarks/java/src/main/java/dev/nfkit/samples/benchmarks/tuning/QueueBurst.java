// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.samples.benchmarks.PracticeNamespace;
import java.time.Duration;
import java.util.function.Consumer;

/** The packets that a queue drops of a burst that comes while the decider pauses. */
final class QueueBurst {
    static final int PACKETS = 20_000;
    private static final int SOCKETS = 200;

    private QueueBurst() {}

    static Trial trial(String label, Consumer<NfqueueOptions.Builder> configure) {
        String chart = "Dropped of a burst of 20,000 packets, while the decider pauses";
        return new Trial(chart, "packets", label, () -> run(configure));
    }

    private static double run(Consumer<NfqueueOptions.Builder> configure) throws Exception {
        NfqueueOptions.Builder options = NfqueueOptions.builder();
        configure.accept(options);
        try (PracticeNamespace namespace = PracticeNamespace.open("NFQUEUE", "--queue-num", "0");
                NfqueueSession session = NfqueueSession.open(namespace.transport(), options.build());
                Datagrams datagrams = new Datagrams(namespace, SOCKETS, 64)) {
            datagrams.send(PACKETS);
            while (session.poll(packet -> Verdict.ACCEPT, Duration.ofMillis(100)) > 0) {
                // Until nothing is left.
            }
            return session.statistics().queueDropped() + session.statistics().userDropped();
        }
    }
}
