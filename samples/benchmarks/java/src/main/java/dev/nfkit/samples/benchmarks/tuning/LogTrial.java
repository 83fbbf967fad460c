// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.nflog.NflogGroup;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import java.util.function.Consumer;

/** NFLOG: the processor time for each packet, the packets lost of a burst, or the time until a single packet arrives. */
final class LogTrial implements Trial {
    private static final int GROUP = 30;
    private static final int WARM = 200_000;
    private static final int PACKETS = 500_000;
    private static final int BURST = 100_000;
    private static final int SINGLE = 15;

    private final Figure figure;
    private final String label;
    private final int receiveBuffer;
    private final Consumer<NflogGroup.Builder> configure;

    /** What is measured. */
    enum Figure {
        COST("Read a logged packet of 64 bytes", "ns"),
        BURST("Lost of a burst of 100,000 logged packets, while the reader pauses", "packets"),
        DELAY("Until a single logged packet arrives", "ms");

        private final String chart;
        private final String unit;

        Figure(String chart, String unit) {
            this.chart = chart;
            this.unit = unit;
        }
    }

    LogTrial(Figure figure, String label, int receiveBuffer, Consumer<NflogGroup.Builder> configure) {
        this.figure = figure;
        this.label = label;
        this.receiveBuffer = receiveBuffer;
        this.configure = configure;
    }

    @Override
    public String chart() {
        return figure.chart;
    }

    @Override
    public String unit() {
        return figure.unit;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public double run() throws Exception {
        NflogOptions options = NflogOptions.builder()
                .group(GROUP, configure)
                .receiveBuffer(receiveBuffer)
                .build();
        try (Place place = new Place("NFLOG --nflog-group " + GROUP);
                NflogSession session = NflogSession.open(place.namespace().transport(), options);
                Datagrams datagrams = new Datagrams(place.namespace(), 1, 64)) {
            return switch (figure) {
                case COST -> cost(session, datagrams);
                case BURST -> burst(session, datagrams);
                case DELAY -> delay(session, datagrams);
            };
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
