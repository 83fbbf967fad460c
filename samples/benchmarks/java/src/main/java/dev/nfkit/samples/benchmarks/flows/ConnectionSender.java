// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.flows;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.linux.LinuxTransport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Makes connections and ends each at once, at a constant rate, by requests to the table. */
public final class ConnectionSender {
    private static final int PORTS = 50_000;
    private static final int FIRST_PORT = 10_000;
    private static final int BURST = 20;

    private ConnectionSender() {}

    /**
     * Sends.
     *
     * @param arguments connections a second, and seconds
     * @throws NetlinkException if the kernel refuses a connection
     * @throws UnknownHostException never
     */
    public static void main(String... arguments) throws NetlinkException, UnknownHostException {
        long rate = Long.parseLong(arguments[0]);
        long total = rate * Long.parseLong(arguments[1]);
        InetAddress client = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
        InetAddress server = InetAddress.getByAddress(new byte[] {10, 0, 0, 2});
        try (Conntrack table = Conntrack.open(LinuxTransport.current())) {
            long begun = System.nanoTime();
            for (long made = 0; made < total; made++) {
                ConntrackTuple tuple = ConntrackTuple.udp(client, FIRST_PORT + (int) (made % PORTS), server, 53);
                table.create(NewConnection.of(tuple, Duration.ofMinutes(10)));
                table.delete(tuple);
                if (made % BURST == 0) {
                    long due = begun + TimeUnit.SECONDS.toNanos(made) / rate;
                    LockSupport.parkNanos(due - System.nanoTime());
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            System.out.printf("made %d in %.1f s: %.0f a second%n", total, seconds, total / seconds);
        }
    }
}
