// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures what a session costs in addition to the system calls: one poll reads and decides 64 packets, and sends their
 * verdicts. Run it with {@code -prof gc}: it must allocate nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Thread)
public class NfqueueDecideBenchmark {
    private static final int QUEUE = 0;
    private static final int PACKETS = 64;

    /** What the decider returns: accept for all; drop for every third; a mark for all; an unchanged payload for all. */
    @Param({"accept", "mixed", "mark", "payload"})
    public String verdicts = "accept";

    @SuppressWarnings("NullAway.Init") // by open()
    private NfqueueSession session;

    @SuppressWarnings("NullAway.Init") // by open()
    private Decider<RuntimeException> decider;

    private long sink;
    private int third;

    /**
     * Opens a session over a socket without a kernel.
     *
     * @throws NetlinkException never
     */
    @Setup
    public void open() throws NetlinkException {
        session = NfqueueSession.open(
                RepeatingSocket.nfqueue(QUEUE, PACKETS),
                NfqueueOptions.builder()
                        .queue(QUEUE, queue -> queue.copyRange(128))
                        .build());
        decider = switch (verdicts) {
            case "accept" -> this::accept;
            case "mixed" -> this::dropEveryThird;
            case "mark" -> packet -> look(packet).accept().mark(packet.mark() + third++ % 2);
            default -> packet -> look(packet).accept().payload(packet.payload());
        };
    }

    /**
     * Polls once, which delivers 64 datagrams.
     *
     * @return a value that depends on the fields read
     * @throws NetlinkException never
     */
    @Benchmark
    public long batch() throws NetlinkException {
        session.poll(decider, Duration.ZERO);
        return sink;
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

    private QueuedPacket look(QueuedPacket packet) {
        sink += packet.id() + packet.mark() + packet.hook().number();
        int length = packet.payload().length();
        if (length > 0) {
            sink += packet.payload().u8(0);
        }
        return packet;
    }
}
