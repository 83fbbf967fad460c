// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.ReplayTransport;
import dev.nfkit.testkit.SampleNflog;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.Traces;
import dev.nfkit.trace.RecordingTransport;
import dev.nfkit.trace.TraceWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * Records the NFLOG packets of an in-memory kernel, one packet in each datagram. Then replays the file strictly through
 * the callback API, in rounds, each with a transport and a session of its own.
 */
public final class NflogReplay {
    private static final int GROUP = 30;
    private static final int CHUNK = 64;
    private static final int WARM = 5;
    private static final double SECOND = 1e9;
    private static final long MIB = 1024 * 1024;
    private static final NflogOptions OPTIONS =
            NflogOptions.builder().group(GROUP, group -> group.threshold(1)).build();

    private long sink;

    private NflogReplay() {}

    /**
     * Runs the measurement.
     *
     * @param args the number of packets, 1000000 by default; then the number of rounds, 11; then the bytes of UDP data
     *     in a packet, 56
     * @throws Exception if the recording can't be written or replayed
     */
    public static void main(String[] args) throws Exception {
        int packets = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 11;
        int data = args.length > 2 ? Integer.parseInt(args[2]) : 56;
        Path file = Files.createTempFile("nfkit-replay-", ".pcapng");
        try {
            new NflogReplay().measure(file, packets, rounds, data);
        } finally {
            Files.delete(file);
        }
    }

    private void measure(Path file, int packets, int rounds, int data) throws Exception {
        byte[] payload = SamplePackets.udp4(new byte[data]);
        record(file, packets, payload);
        report(
                "%d packets of %d bytes, one in each datagram, in a file of %d MiB; heap of %d MiB at most%n",
                packets,
                payload.length,
                Files.size(file) / MIB,
                Runtime.getRuntime().maxMemory() / MIB);
        double[] running = new double[rounds];
        double[] whole = new double[rounds];
        double[] processor = new double[rounds];
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (int round = -WARM; round < rounds; round++) {
            long start = System.nanoTime();
            long began;
            long ended;
            long used;
            try (ReplayTransport replay = Traces.replay(file);
                    NflogSession session = NflogSession.open(replay, OPTIONS)) {
                began = System.nanoTime();
                used = threads.getCurrentThreadCpuTime();
                long delivered = session.run(this::look);
                ended = System.nanoTime();
                used = threads.getCurrentThreadCpuTime() - used;
                if (delivered != packets) {
                    throw new IllegalStateException("delivered " + delivered + " of " + packets);
                }
            }
            if (round >= 0) {
                processor[round] = packets * SECOND / used;
                running[round] = packets * SECOND / (ended - began);
                whole[round] = packets * SECOND / (System.nanoTime() - start);
            }
        }
        row("run", running);
        row("run, in processor time of its thread", processor);
        row("with a first read of the file, opening and verifying", whole);
        report("(%d)%n", sink);
    }

    private void look(NflogPacket packet) {
        sink += packet.payload().length() + packet.prefix().length() + packet.mark();
    }

    private static void record(Path file, int packets, byte[] payload) throws Exception {
        FakeNetfilter kernel = new FakeNetfilter().strictBatches(false);
        SampleNflog packet = SampleNflog.of(payload).prefix("forward drop: ").mark(7);
        try (TraceWriter writer = writer(file);
                NflogSession session = NflogSession.open(new RecordingTransport(kernel, writer), OPTIONS)) {
            for (int left = packets; left > 0; left -= CHUNK) {
                for (int i = Math.min(left, CHUNK); i > 0; i--) {
                    kernel.nflog().log(GROUP, packet);
                }
                while (session.poll(seen -> {}, Duration.ZERO) > 0) {
                    // until all are recorded
                }
            }
        }
    }

    private static TraceWriter writer(Path file) throws IOException {
        OutputStream stream = Files.newOutputStream(file);
        return new TraceWriter(stream, ByteOrder.nativeOrder(), "nfkit benchmarks");
    }

    private static void row(String name, double[] rates) {
        double[] sorted = rates.clone();
        Arrays.sort(sorted);
        report(
                "%-58s median %,11.0f packets/s (%,.0f to %,.0f)%n",
                name, sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
    }

    private static void report(String format, Object... args) {
        System.out.printf(Locale.ROOT, format, args);
    }
}
