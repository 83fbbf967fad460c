// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.Answers;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A firewall that reads the id, hook, mark, timestamp and payload of each packet of queue 0, and decides it. On SIGTERM
 * it ends and prints a result line.
 */
public final class NfqueueConsumer {
    private static final int QUEUE = 0;
    private static final int WAITING = 65_536;
    private static final int RECEIVE_BUFFER = 64 << 20;
    private static final Duration SPIN = Duration.ofMillis(1);
    private static final Duration FOREVER = Duration.ofDays(1);

    private final Answers answers = new Answers();
    private final List<QueuedPacket> held = new ArrayList<>();
    private long bytes;
    private long sink;
    private int third;

    private NfqueueConsumer() {}

    /**
     * Runs until SIGTERM.
     *
     * @param args {@code sync} accepts all packets, {@code mixed} drops every third, {@code held} holds all and answers
     *     them after the poll, {@code spin} is sync without sleeping; then the copy range, 128 by default; then {@code
     *     gso}
     * @throws Exception if the session fails
     */
    public static void main(String[] args) throws Exception {
        new NfqueueConsumer().run(args);
    }

    private void run(String[] args) throws Exception {
        String mode = args.length > 0 ? args[0] : "sync";
        int range = args.length > 1 ? Integer.parseInt(args[1]) : 128;
        boolean gso = args.length > 2 && args[2].equals("gso");
        Duration spin = mode.equals("spin") ? SPIN : Duration.ZERO;
        Decider<RuntimeException> decider = mode.equals("mixed") ? this::dropEveryThird : this::accept;
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(
                        QUEUE,
                        queue -> queue.copyRange(range).maximumLength(WAITING).gso(gso))
                .receiveBuffer(RECEIVE_BUFFER)
                .spin(spin)
                .build();
        Warmup.nfqueue(QUEUE, options, decider);
        bytes = 0;
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            Consumers.endOnSignal(session::stop);
            switch (mode) {
                case "sync", "spin", "mixed" -> session.run(decider);
                case "held" -> hold(session);
                default -> throw new IllegalArgumentException(mode + " is not one of sync, mixed, held, spin");
            }
            Consumers.report("nfkit-" + mode, session.statistics().received(), bytes, sink);
        }
    }

    private Verdict accept(QueuedPacket packet) {
        look(packet);
        return Verdict.ACCEPT;
    }

    private Verdict dropEveryThird(QueuedPacket packet) {
        look(packet);
        third = third == 2 ? 0 : third + 1;
        return third == 0 ? Verdict.DROP : Verdict.ACCEPT;
    }

    private void hold(NfqueueSession session) throws Exception {
        Decider<RuntimeException> decider = packet -> {
            look(packet);
            held.add(packet.hold());
            return Verdict.HELD;
        };
        while (session.poll(decider, FOREVER) >= 0) {
            for (QueuedPacket packet : held) {
                answers.add(packet, Verdict.ACCEPT);
            }
            held.clear();
            answers.send();
        }
    }

    private void look(QueuedPacket packet) {
        sink += packet.id() + packet.mark() + packet.hook().number();
        if (packet.has(NfqueueAttribute.TIMESTAMP)) {
            sink += packet.timestampNanos();
        }
        int length = packet.payload().length();
        bytes += length;
        if (length > 0) {
            sink += packet.payload().u8(0);
        }
    }
}
