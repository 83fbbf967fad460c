// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import java.time.Duration;
import java.util.function.Consumer;

/** The packets that a queue drops of a burst that comes while the decider pauses. */
final class QueueBurst implements Trial {
    static final int PACKETS = 20_000;
    private static final int SOCKETS = 200;

    private final String label;
    private final Consumer<NfqueueOptions.Builder> configure;

    QueueBurst(String label, Consumer<NfqueueOptions.Builder> configure) {
        this.label = label;
        this.configure = configure;
    }

    @Override
    public String chart() {
        return "Dropped of a burst of 20,000 packets, while the decider pauses";
    }

    @Override
    public String unit() {
        return "packets";
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public double run() throws Exception {
        NfqueueOptions.Builder options = NfqueueOptions.builder();
        configure.accept(options);
        try (Place place = new Place("NFQUEUE --queue-num 0");
                NfqueueSession session = NfqueueSession.open(place.namespace().transport(), options.build());
                Datagrams datagrams = new Datagrams(place.namespace(), SOCKETS, 64)) {
            datagrams.send(PACKETS);
            while (session.poll(packet -> Verdict.ACCEPT, Duration.ofMillis(100)) > 0) {
                // Until nothing is left.
            }
            return session.statistics().queueDropped() + session.statistics().userDropped();
        }
    }
}
