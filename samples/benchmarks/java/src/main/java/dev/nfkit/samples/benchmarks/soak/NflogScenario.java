// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import java.time.Duration;

/** NFLOG in two groups, one for each family: at full speed, in bursts, and with a consumer that pauses. */
final class NflogScenario implements Scenario {
    private static final int PORT = 30;
    private static final int BUFFER = 256 << 10;
    /** More packets than the receive buffer holds. */
    private static final int OVERFLOW = 30_000;
    /** Longer than the kernel holds a packet to batch it with others. */
    private static final long FLUSHED_MILLIS = 250;

    private final boolean connections;

    /**
     * Creates a scenario.
     *
     * @param connections whether packets come with their connections
     */
    NflogScenario(boolean connections) {
        this.connections = connections;
    }

    @Override
    public String name() {
        return connections ? "nflog with connections" : "nflog";
    }

    @Override
    public Balance run(Duration time) throws Exception {
        Order order = new Order();
        Gate gate = new Gate();
        try (Rules rules = new Rules();
                Flood flood = new Flood(PORT);
                NflogSession session = open()) {
            if (connections) {
                rules.append("INPUT -m conntrack --ctstate INVALID -j DROP"); // makes the kernel track connections
            }
            rules.append("INPUT -p udp -j DROP"); // otherwise the kernel answers each packet with an ICMP error
            rules.append("OUTPUT -p udp --dport " + PORT + " -j NFLOG --nflog-threshold 64 --nflog-group 3%d");
            Consumer consumer = Consumer.start(
                    "nflog",
                    session,
                    () -> session.run((NflogPacket packet) -> {
                        gate.pass();
                        order.take(packet);
                        if (connections) {
                            check(packet);
                        }
                    }));
            flood.full(time.toNanos() / 2);
            flood.bursts(time.toNanos() / 4);
            gate.shutDuring(() -> flood.exactly(OVERFLOW));
            flood.full(time.toNanos() / 4);
            // The last packets must arrive, otherwise a gap before the end would go unnoticed.
            Thread.sleep(FLUSHED_MILLIS);
            flood.exactly(2);
            Thread.sleep(FLUSHED_MILLIS);
            session.stop();
            consumer.await();
            Statistics statistics = session.statistics();
            return new Balance(rules.packets("OUTPUT", 1), order.count())
                    .lost("lost at the socket", statistics.sequenceGaps())
                    .lost("malformed", statistics.malformed())
                    .lost("discarded", statistics.discarded())
                    .equal("sent by the sender and matched by the rule", flood.sent(), rules.packets("OUTPUT", 1))
                    .equal("delivered and counted as delivered", order.count(), statistics.delivered())
                    .equal("overruns while the consumer was paused", statistics.socketDrops() > 0 ? 1 : 0, 1)
                    .equal("datagrams that did not fit", statistics.truncatedDatagrams(), 0);
        }
    }

    private static void check(NflogPacket packet) throws NetlinkException {
        if (!packet.has(NflogAttribute.CT) || packet.conntrack().original().destinationPort() != PORT) {
            throw new IllegalStateException("a packet came without its connection");
        }
    }

    private NflogSession open() throws NetlinkException, SkippedException {
        NflogOptions.Builder options = NflogOptions.builder().receiveBuffer(BUFFER);
        for (int group = 30; group < 32; group++) {
            options.group(group, each -> each.conntrack(connections).threshold(64));
        }
        try {
            return NflogSession.open(LinuxTransport.current(), options.build());
        } catch (KernelRefusedException e) {
            if (connections && e.refusal() == Refusal.NOT_SUPPORTED) {
                throw new SkippedException(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }
}
