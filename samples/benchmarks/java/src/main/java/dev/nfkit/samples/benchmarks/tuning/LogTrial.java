// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nflog.NflogGroup;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.samples.benchmarks.PracticeNamespace;
import java.util.function.Consumer;

/** NFLOG: the processor time for each packet, the packets lost of a burst, or the time until a single packet arrives. */
final class LogTrial {
    private static final int GROUP = 30;
    private static final int WARM = 200_000;
    private static final int PACKETS = 500_000;
    private static final int BURST = 100_000;
    private static final int SINGLE = 15;
    private static final int LARGE = 64 << 20;

    /** What is measured of an open session. */
    @FunctionalInterface
    private interface Figure {
        double of(NflogSession session, Datagrams datagrams) throws Exception;
    }

    private LogTrial() {}

    /** The processor time for each packet. */
    static Trial cost(String label, Consumer<NflogGroup.Builder> configure) {
        return trial("Read a logged packet of 64 bytes", "ns", label, LARGE, configure, LogTrial::cost);
    }

    /** The time until a single packet arrives. */
    static Trial delay(String label, Consumer<NflogGroup.Builder> configure) {
        return trial("Until a single logged packet arrives", "ms", label, LARGE, configure, LogTrial::delay);
    }

    /** The packets lost of a burst. */
    static Trial burst(String label, int receiveBuffer, Consumer<NflogGroup.Builder> configure) {
        String chart = "Lost of a burst of 100,000 logged packets, while the reader pauses";
        return trial(chart, "packets", label, receiveBuffer, configure, LogTrial::burst);
    }

    private static Trial trial(
            String chart,
            String unit,
            String label,
            int receiveBuffer,
            Consumer<NflogGroup.Builder> configure,
            Figure figure) {
        return new Trial(chart, unit, label, () -> run(receiveBuffer, configure, figure));
    }

    private static double run(int receiveBuffer, Consumer<NflogGroup.Builder> configure, Figure figure)
            throws Exception {
        NflogOptions options = NflogOptions.builder()
                .group(GROUP, configure)
                .receiveBuffer(receiveBuffer)
                .build();
        try (PracticeNamespace namespace = PracticeNamespace.open("NFLOG", "--nflog-group", Integer.toString(GROUP));
                NflogSession session = NflogSession.open(namespace.transport(), options);
                Datagrams datagrams = new Datagrams(namespace, 1, 64)) {
            return figure.of(session, datagrams);
        }
    }

    private static Reader reading(NflogSession session) {
        Reader[] reader = new Reader[1];
        reader[0] = new Reader(() -> session.run((NflogPacket packet) -> reader[0].count()));
        reader[0].start();
        return reader[0];
    }

    private static double cost(NflogSession session, Datagrams datagrams) throws Exception {
        Reader reader = reading(session);
        datagrams.send(WARM);
        Thread.sleep(300); // what the kernel gathers arrives
        long before = reader.cpu();
        long known = session.statistics().delivered();
        datagrams.send(PACKETS);
        Thread.sleep(300);
        double nanos = reader.cpu() - before;
        long read = session.statistics().delivered() - known;
        session.stop();
        reader.end();
        return nanos / read;
    }

    private static double burst(NflogSession session, Datagrams datagrams) throws Exception {
        datagrams.send(BURST);
        Thread.sleep(200);
        Reader reader = reading(session);
        Thread.sleep(300);
        session.stop();
        reader.end();
        return BURST - session.statistics().delivered();
    }

    private static double delay(NflogSession session, Datagrams datagrams) throws Exception {
        Reader reader = reading(session);
        long sum = 0;
        for (int i = 1; i <= SINGLE; i++) {
            long start = System.nanoTime();
            datagrams.send(1);
            reader.await(i);
            sum += System.nanoTime() - start;
        }
        session.stop();
        reader.end();
        return sum / (SINGLE * 1e6);
    }
}
