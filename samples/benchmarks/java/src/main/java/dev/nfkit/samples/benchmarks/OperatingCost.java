// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.nfkit.NetlinkException;
import dev.nfkit.micrometer.NfkitMeters;
import dev.nfkit.netfilter.PacketSink;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/**
 * Measures what it costs a session that it is watched: alone, with meters that are scraped each second, and with
 * recordings of Flight Recorder. Sockets are in memory, so that only nfkit's part is measured. The rounds of all
 * alternate; a round counts by the processor time of the polling thread, which other programs disturb least.
 */
public final class OperatingCost {
    private static final int PACKETS = 64;
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long WARM_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int WARM_ROUNDS = 3;
    private static final int POLLS = 64;

    /** A session that delivers {@value #PACKETS} packets with each poll. */
    @FunctionalInterface
    private interface Path {
        void poll() throws NetlinkException;
    }

    /** A way to watch a session; closing it ends it. */
    @FunctionalInterface
    private interface Watch {
        AutoCloseable begin() throws Exception;
    }

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final double[] nanos = new double[2];
    private long sink;

    private OperatingCost() {}

    /**
     * Runs the measurement.
     *
     * @param args the number of rounds, 61 by default
     * @throws Exception if a session fails
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 61;
        new OperatingCost().measure(rounds);
    }

    private void measure(int rounds) throws Exception {
        NflogSession logged = NflogSession.open(
                RepeatingSocket.nflog(30, PACKETS),
                NflogOptions.builder().group(30, group -> group.copyRange(128)).build());
        NfqueueSession queued = NfqueueSession.open(
                RepeatingSocket.nfqueue(0, PACKETS),
                NfqueueOptions.builder().queue(0, queue -> queue.copyRange(128)).build());
        PacketSink<NflogPacket, RuntimeException> look = this::look;
        Decider<RuntimeException> decide = this::decide;
        measure(
                "NFLOG",
                rounds,
                () -> logged.poll(look, Duration.ZERO),
                () -> NfkitMeters.nflog("cost", logged::statistics));
        measure("NFQUEUE", rounds, () -> queued.poll(decide, Duration.ZERO), () -> NfkitMeters.nfqueue("cost", queued));
        report("(%d)%n", sink);
    }

    private void measure(String name, int rounds, Path path, Supplier<NfkitMeters> meters) throws Exception {
        Watch[] watches = {
            () -> () -> {},
            () -> scrape(meters.get()),
            () -> record(new Recording()),
            () -> record(new Recording(Configuration.getConfiguration("default")))
        };
        double[][] packet = new double[watches.length][rounds];
        double[][] bytes = new double[watches.length][rounds];
        for (int round = -WARM_ROUNDS; round < rounds; round++) {
            for (int turn = 0; turn < watches.length; turn++) {
                int which = Math.floorMod(turn + round, watches.length);
                AutoCloseable watching = watches[which].begin();
                run(path, WARM_NANOS); // a recording makes the JVM compile anew
                run(path, SLICE_NANOS);
                watching.close();
                if (round >= 0) {
                    packet[which][round] = nanos[0];
                    bytes[which][round] = nanos[1];
                }
            }
        }
        report("%s, alone: %.1f ns a packet, %.3f bytes%n", name, median(packet[0]), median(bytes[0]));
        String[] names = {
            "", "meters, scraped each second", "a recording of nfkit's events", "a recording, settings default"
        };
        for (int which = 1; which < watches.length; which++) {
            double[] ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                ratios[round] = packet[which][round] / packet[0][round];
            }
            Arrays.sort(ratios);
            report(
                    "%s, %s: %.4f of alone (quartiles %.4f to %.4f), %.3f bytes a packet%n",
                    name,
                    names[which],
                    median(ratios),
                    ratios[rounds / 4],
                    ratios[rounds - 1 - rounds / 4],
                    median(bytes[which]));
        }
    }

    /** Polls for a time; stores the nanoseconds of the processor and the bytes of the heap for each packet. */
    private void run(Path path, long time) throws NetlinkException {
        long id = Thread.currentThread().getId();
        long packets = 0;
        long end = System.nanoTime() + time;
        long allocated = threads.getThreadAllocatedBytes(id);
        long processor = threads.getCurrentThreadCpuTime();
        do {
            for (int i = 0; i < POLLS; i++) {
                path.poll();
            }
            packets += POLLS * PACKETS;
        } while (System.nanoTime() - end < 0);
        nanos[0] = (double) (threads.getCurrentThreadCpuTime() - processor) / packets;
        nanos[1] = (double) (threads.getThreadAllocatedBytes(id) - allocated) / packets;
    }

    private static AutoCloseable scrape(NfkitMeters meters) {
        MeterRegistry registry = new SimpleMeterRegistry();
        meters.bindTo(registry);
        Thread scraper = new Thread(() -> scrapeEachSecond(registry), "scraper");
        scraper.start();
        return () -> {
            scraper.interrupt();
            scraper.join();
            meters.close();
        };
    }

    private static void scrapeEachSecond(MeterRegistry registry) {
        try {
            while (true) {
                read(registry);
                TimeUnit.SECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            // The round has ended.
        }
    }

    private static void read(MeterRegistry registry) {
        double sum = 0;
        for (Meter meter : registry.getMeters()) {
            for (Measurement measurement : meter.measure()) {
                sum += measurement.getValue();
            }
        }
        if (Double.isNaN(sum)) {
            throw new IllegalStateException("a meter has no value");
        }
    }

    private static AutoCloseable record(Recording recording) {
        recording.start();
        return recording;
    }

    private void look(NflogPacket packet) {
        sink += packet.mark() + packet.prefix().length() + packet.payload().u8(0);
    }

    private Verdict decide(QueuedPacket packet) {
        sink += packet.id() + packet.mark() + packet.payload().u8(0);
        return Verdict.ACCEPT;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void report(String format, Object... args) {
        System.out.printf(Locale.ROOT, format, args);
    }
}
