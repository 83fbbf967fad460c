// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.samples.cli.Main;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * Fills the connection table of this network namespace and reads it repeatedly: as decoded entries, and as the text of
 * {@code conntrack -L -o extended}, which runs for comparison. Standard output should be {@code /dev/null}; the
 * measurements go to standard error.
 */
public final class ConntrackDump {
    private static final int PORTS = 60_000;
    private static final int WARM = 15;
    private static final File NOWHERE = new File("/dev/null");
    private static final double MILLIS = 1e6;
    private static final long KIB = 1024;

    private long sink;
    private int entries;

    private ConntrackDump() {}

    /**
     * Runs the measurement.
     *
     * @param args the number of entries, 100000 by default; then the number of rounds, 11 by default
     * @throws Exception if the table can't be filled or read
     */
    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 11;
        new ConntrackDump().measure(count, rounds);
    }

    private interface Step {
        void run() throws Exception;
    }

    private void measure(int count, int rounds) throws Exception {
        try (Conntrack table = Conntrack.open(LinuxTransport.current())) {
            fill(table, count);
            report("entries %d%n", table.statistics().entries());
            long before = heapInUse();
            decode(table);
            report("heap in use after a collection: %+d KiB by the first dump%n", (heapInUse() - before) / KIB);
            for (int i = 0; i < WARM; i++) {
                decode(table);
                text();
            }
            double[] peer = new double[rounds];
            double[] decoded = new double[rounds];
            double[] text = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                peer[i] = millis(ConntrackDump::peer);
                decoded[i] = millis(() -> decode(table));
                text[i] = millis(ConntrackDump::text);
            }
            row("conntrack -L -o extended", peer, peer);
            row("decoded entries", decoded, peer);
            row("the same text", text, peer);
            report("heap in use after a collection: %+d KiB by all dumps%n", (heapInUse() - before) / KIB);
            report("(%d)%n", sink);
            table.flush();
        }
    }

    private void fill(Conntrack table, int count) throws Exception {
        InetAddress server = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
        for (int i = 0; i < count; i++) {
            InetAddress client = InetAddress.getByAddress(new byte[] {10, 1, (byte) (i / PORTS), 1});
            table.create(NewConnection.of(ConntrackTuple.tcp(client, 1 + i % PORTS, server, 443), Duration.ofHours(1))
                    .tcpState(TcpState.ESTABLISHED)
                    .status(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED)
                    .mark(i & 7));
        }
        entries = count;
    }

    private void decode(Conntrack table) throws Exception {
        long delivered = table.dump(this::look).delivered();
        if (delivered != entries) {
            throw new IllegalStateException("delivered " + delivered + " of " + entries);
        }
    }

    private void look(ConntrackEntry entry) {
        sink += entry.mark() + entry.timeout() + entry.status() + entry.id() + entry.protocolState();
        sink += entry.original().sourcePort() + entry.reply().destinationPort();
    }

    private static void text() {
        int code = Main.run("conntrack", "-L", "-o", "extended");
        if (code != 0) {
            throw new IllegalStateException("exit code " + code);
        }
    }

    private static void peer() throws IOException, InterruptedException {
        int code = new ProcessBuilder("conntrack", "-L", "-o", "extended")
                .redirectOutput(NOWHERE)
                .redirectError(NOWHERE)
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("conntrack's exit code " + code);
        }
    }

    private static double millis(Step step) throws Exception {
        long start = System.nanoTime();
        step.run();
        return (System.nanoTime() - start) / MILLIS;
    }

    private static long heapInUse() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void row(String name, double[] times, double[] peer) {
        report(
                "%-26s median %7.1f ms (%.1f to %.1f), %.2f of conntrack%n",
                name,
                median(times),
                Arrays.stream(times).min().orElseThrow(),
                Arrays.stream(times).max().orElseThrow(),
                median(times) / median(peer));
    }

    private static double median(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void report(String format, Object... args) {
        System.err.printf(Locale.ROOT, format, args);
    }
}
