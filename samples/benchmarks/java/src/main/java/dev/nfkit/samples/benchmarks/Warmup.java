// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.PacketSink;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Lets the JVM compile a session's code before the measured session opens, in a separate network namespace. The warm-up
 * of a measuring harness is made for C: after its ten thousand packets or so, a JVM is still compiling.
 */
final class Warmup {
    private static final int SECONDS = 1;
    /**
     * The number of consecutive sessions: the first packets of a session take paths that the JVM would otherwise
     * consider dead.
     */
    private static final int SESSIONS = 3;
    /** How long a run takes before it is interrupted and entered again: the JVM compiles what is called often. */
    private static final long RUN_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    /** Processors that were busy are slower for a while, and the C programs are measured on idle ones. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

    /**
     * The number of packets in a datagram from memory. These runs come first: the sender of a namespace is too slow for
     * the JVM to compile all of a poll, and the rest would be compiled during the measurement.
     */
    private static final int[] BATCHES = {1, 64, 600};

    private static final int POLLS = 15_000;

    private Warmup() {}

    /** Polls until the session has ended or the thread is interrupted. */
    @FunctionalInterface
    private interface Running {
        long run() throws NetlinkException;
    }

    static void nfqueue(int queue, NfqueueOptions options, Decider<RuntimeException> decider)
            throws NetlinkException, IOException {
        try (PracticeNamespace namespace = PracticeNamespace.open("NFQUEUE", "--queue-num", Integer.toString(queue))) {
            for (int i = 0; i < SESSIONS; i++) {
                try (NfqueueSession session = NfqueueSession.open(namespace.transport(), options)) {
                    Future<?> unused = namespace.send(SECONDS).onExit().thenRun(session::stop);
                    runOften(() -> session.run(decider), session::ended);
                }
            }
        }
        rest();
    }

    static void nflog(int group, NflogOptions options, PacketSink<NflogPacket, RuntimeException> sink)
            throws NetlinkException, IOException {
        NflogOptions single =
                NflogOptions.builder().group(group, each -> each.threshold(1)).build();
        fromMemory(group, options, sink);
        try (PracticeNamespace namespace = PracticeNamespace.open("NFLOG", "--nflog-group", Integer.toString(group))) {
            // One packet in each datagram, so that the JVM compiles a receive too; batches would cause few receives.
            for (NflogOptions kind : List.of(single, options, single)) {
                try (NflogSession session = NflogSession.open(namespace.transport(), kind)) {
                    Future<?> unused = namespace.send(SECONDS).onExit().thenRun(session::stop);
                    runOften(() -> session.run(sink), session::ended);
                }
            }
        }
        rest();
    }

    private static void fromMemory(int group, NflogOptions options, PacketSink<NflogPacket, RuntimeException> sink)
            throws NetlinkException {
        for (int packets : BATCHES) {
            RepeatingSocket memory = RepeatingSocket.nflog(group, packets).ending(POLLS);
            try (NflogSession session = NflogSession.open(memory, options)) {
                for (int i = 0; i < POLLS; i++) {
                    session.poll(sink, Duration.ZERO);
                }
            }
        }
    }

    private static void rest() {
        long end = System.nanoTime() + REST_NANOS;
        for (long left = REST_NANOS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void runOften(Running running, BooleanSupplier ended) throws NetlinkException {
        Thread self = Thread.currentThread();
        Thread bell = new Thread(
                () -> {
                    while (!ended.getAsBoolean()) {
                        LockSupport.parkNanos(RUN_NANOS);
                        self.interrupt();
                    }
                },
                "bell");
        bell.start();
        while (!ended.getAsBoolean()) {
            running.run();
            boolean unused = Thread.interrupted();
        }
        while (bell.isAlive()) {
            LockSupport.parkNanos(RUN_NANOS);
        }
        boolean unused = Thread.interrupted(); // the last interrupt
    }
}
