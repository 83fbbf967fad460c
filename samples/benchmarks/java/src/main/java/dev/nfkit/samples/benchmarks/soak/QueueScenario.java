// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.time.Duration;

/**
 * NFQUEUE in two queues, one for each family: at full speed, in bursts, and with a consumer that pauses, so that
 * packets are lost at a full queue or at a full receive buffer.
 */
final class QueueScenario implements Scenario {
    private static final int PORT = 40;
    private static final int DROPPED_OF = 3;
    private static final int OVERFLOW = 3000;

    private final Kind kind;

    /** How the packets are decided. */
    enum Kind {
        /** Decided in the callback; the queue overflows. */
        SYNC("nfqueue, decided at once", 64, 8 << 20, false),
        /** Decided in the callback; the receive buffer overflows. */
        SMALL_BUFFER("nfqueue, small receive buffer", 65_536, 16 << 10, false),
        /** Decided in the callback after connection tracking, which may drop packets of a new connection. */
        TRACKED("nfqueue, connections tracked", 64, 8 << 20, false),
        /** Decided in the callback, with their connections. */
        CONNECTIONS("nfqueue with connections", 64, 8 << 20, true),
        /** Held, and answered by another thread, singly and in batches. */
        HELD("nfqueue, held", 128, 8 << 20, false),
        /** Held; every other packet is left to its deadline. */
        DEADLINES("nfqueue, held with deadlines", 128, 8 << 20, false);

        private final String title;
        private final int length;
        private final int buffer;
        private final boolean connections;

        Kind(String title, int length, int buffer, boolean connections) {
            this.title = title;
            this.length = length;
            this.buffer = buffer;
            this.connections = connections;
        }
    }

    /**
     * The final counters of a session.
     *
     * @param statistics the session's statistics at its end
     * @param queueDropped the kernel's counter, which is lost when the queue is unbound
     * @param userDropped the kernel's counter, which is lost when the queue is unbound
     */
    private record End(NfqueueStatistics statistics, long queueDropped, long userDropped) {}

    QueueScenario(Kind kind) {
        this.kind = kind;
    }

    @Override
    public String name() {
        return kind.title;
    }

    @Override
    public Balance run(Duration time) throws Exception {
        try (Rules rules = new Rules();
                Flood flood = new Flood(PORT);
                NfqueueSession session = open()) {
            if (kind == Kind.TRACKED || kind == Kind.CONNECTIONS) {
                rules.append("FORWARD -m conntrack --ctstate INVALID -j DROP"); // makes the kernel track connections
            }
            rules.append("OUTPUT -p udp --dport " + PORT + " -j NFQUEUE --queue-num %d");
            rules.append("INPUT -p udp --dport " + PORT + " -j DROP");
            return kind == Kind.HELD || kind == Kind.DEADLINES
                    ? held(time, rules, flood, session)
                    : decided(time, rules, flood, session);
        }
    }

    private Balance decided(Duration time, Rules rules, Flood flood, NfqueueSession session) throws Exception {
        Order order = new Order();
        Gate gate = new Gate();
        long[] accepted = new long[1];
        Decider<NetlinkException> decider = packet -> {
            gate.pass();
            order.take(packet);
            if (kind.connections) {
                check(packet);
            }
            if (packet.id() % DROPPED_OF == 0) {
                return Verdict.DROP;
            }
            accepted[0]++;
            return Verdict.ACCEPT;
        };
        Consumer consumer = Consumer.start("nfqueue", session, () -> session.run(decider));
        send(time, flood, gate);
        End end = end(rules, session, consumer);
        return balance(rules, flood, end, order.count(), accepted[0])
                .equal("decided and counted as decided", order.count(), end.statistics.decided())
                .equal("losses while the consumer was paused", end.queueDropped + end.userDropped > 0 ? 1 : 0, 1);
    }

    private Balance held(Duration time, Rules rules, Flood flood, NfqueueSession session) throws Exception {
        Gate gate = new Gate();
        Answerer answerer = new Answerer(gate, kind == Kind.DEADLINES);
        Consumer consumer = Consumer.start("nfqueue", session, () -> session.run(answerer::hold));
        Consumer answers = Consumer.start("answers", session, answerer);
        send(time, flood, gate);
        End end = end(rules, session, consumer);
        NfqueueStatistics statistics = end.statistics;
        answerer.end();
        answers.await();
        // A packet whose deadline passes before its turn is counted as expired, and the decider does not get it.
        long delivered =
                kind == Kind.HELD ? answerer.held() : statistics.received().delivered();
        return balance(rules, flood, end, delivered, answerer.accepted())
                .equal(
                        "delivered, and answered, expired or settled",
                        delivered,
                        statistics.answered() + statistics.expired() + statistics.settled())
                .equal("answered and counted as answered", answerer.answered(), statistics.answered())
                .equal("answers that came too late", answerer.tooLate() > statistics.late() ? 1 : 0, 0)
                .equal("still held", statistics.held(), 0)
                .equal("deadlines that passed", statistics.expired() > 0 ? 1 : 0, kind == Kind.DEADLINES ? 1 : 0);
    }

    private static void send(Duration time, Flood flood, Gate gate) throws Exception {
        flood.full(time.toNanos() / 2);
        flood.bursts(time.toNanos() / 4);
        gate.shutDuring(() -> flood.exactly(OVERFLOW));
        flood.full(time.toNanos() / 4);
        Thread.sleep(50);
        flood.exactly(2); // the last packets must arrive, otherwise a gap before the end would go unnoticed
    }

    /**
     * Waits until all packets sent are decided, and ends the session. The kernel's counters are lost when the queue is
     * unbound.
     */
    private static End end(Rules rules, NfqueueSession session, Consumer consumer) throws Exception {
        long sent = rules.packets("OUTPUT", 1);
        boolean complete = Waiting.until(() -> {
            NfqueueStatistics now = session.statistics();
            long known = now.received().delivered() + now.queueDropped() + now.userDropped();
            return session.ended() || (sent <= known && now.held() == 0);
        });
        NfqueueStatistics before = session.statistics();
        session.stop();
        consumer.await();
        if (!complete
                || session.statistics().received().delivered()
                        != before.received().delivered()) {
            throw new IllegalStateException("the queue did not settle: " + sent + " sent, " + before);
        }
        return new End(session.statistics(), before.queueDropped(), before.userDropped());
    }

    private static Balance balance(Rules rules, Flood flood, End end, long delivered, long accepted) throws Exception {
        NfqueueStatistics statistics = end.statistics;
        long arrived = accepted - statistics.clashed();
        boolean unused = Waiting.until(() -> rules.packets("INPUT", 1) >= arrived);
        return new Balance(rules.packets("OUTPUT", 1), delivered)
                .lost("at the full queue", end.queueDropped)
                .lost("at the socket", end.userDropped)
                .equal("sent by the sender and matched by the rule", flood.sent(), rules.packets("OUTPUT", 1))
                .equal(
                        "accepted, and arrived or dropped by connection tracking",
                        accepted,
                        rules.packets("INPUT", 1) + statistics.clashed())
                .equal(
                        "delivered and counted as received",
                        delivered,
                        statistics.received().delivered())
                .equal(
                        "gaps in the ids and losses at the socket",
                        statistics.received().sequenceGaps(),
                        end.userDropped)
                .equal("malformed", statistics.received().malformed(), 0)
                .equal("verdicts that the kernel refused", statistics.refused() + statistics.gone(), 0);
    }

    private static void check(QueuedPacket packet) throws NetlinkException {
        if (!packet.has(NfqueueAttribute.CT) || packet.conntrack().original().destinationPort() != PORT) {
            throw new IllegalStateException("a packet came without its connection");
        }
    }

    private NfqueueSession open() throws NetlinkException, SkippedException {
        NfqueueOptions.Builder options = NfqueueOptions.builder()
                .queues(0, 1, queue -> queue.maximumLength(kind.length).conntrack(kind.connections))
                .receiveBuffer(kind.buffer);
        if (kind == Kind.DEADLINES) {
            options.deadline(Duration.ofMillis(20), Verdict.DROP).onUnanswered(packets -> {}); // they are counted
        }
        try {
            return NfqueueSession.open(LinuxTransport.current(), options.build());
        } catch (KernelRefusedException e) {
            if (kind.connections && e.refusal() == Refusal.NOT_SUPPORTED) {
                throw new SkippedException(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }
}
