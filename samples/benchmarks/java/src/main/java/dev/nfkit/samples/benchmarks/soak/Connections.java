// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.linux.LinuxTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.List;

/**
 * Creates, changes and ends connections of both families, through the table and by packets. Each step causes one event.
 * One thread at a time.
 */
public final class Connections implements AutoCloseable {
    private static final int PORTS = 1000;
    private static final int FIRST_PORT = 10_000;
    private static final Duration TIMEOUT = Duration.ofMinutes(10);

    private final Conntrack table;
    private final List<DatagramChannel> channels;
    private final List<InetAddress> addresses;
    private long created;
    private long updated;
    private long ended;

    /**
     * Creates an instance that has no connections yet, and removes those of earlier scenarios: one that timed out later
     * would cause an event that is counted nowhere.
     *
     * @throws IOException if the table or a socket cannot be opened, or the table cannot be flushed
     */
    public Connections() throws IOException {
        byte[] loopback6 = new byte[16];
        loopback6[15] = 1;
        addresses = List.of(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), InetAddress.getByAddress(loopback6));
        channels = List.of(
                DatagramChannel.open(StandardProtocolFamily.INET), DatagramChannel.open(StandardProtocolFamily.INET6));
        table = Conntrack.open(LinuxTransport.current());
        table.flush();
    }

    /**
     * Creates, changes and deletes connections through the table, which causes three events for each.
     *
     * @param nanos how long, in nanoseconds
     * @throws NetlinkException if a request fails
     */
    public void byRequests(long nanos) throws NetlinkException {
        long start = System.nanoTime();
        for (int i = 0; System.nanoTime() - start < nanos; i++) {
            InetAddress address = addresses.get(i & 1);
            ConntrackTuple tuple = ConntrackTuple.udp(address, FIRST_PORT + i % PORTS, address, 7);
            table.create(NewConnection.of(tuple, TIMEOUT));
            created++;
            table.update(tuple, ConntrackUpdate.none().mark(i + 1L));
            updated++;
            if (!table.delete(tuple)) {
                throw new IllegalStateException(tuple + " was gone");
            }
            ended++;
        }
    }

    /**
     * Creates connections by sending packets, and ends them by flushing the table, which causes two events for each.
     * The kernel must be tracking connections.
     *
     * @param connections the number of connections, rounded up to thousands
     * @throws IOException if sending fails
     */
    public void byPackets(long connections) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(8);
        for (long made = 0; made < connections; made += PORTS) {
            for (int i = 0; i < PORTS; i++) {
                data.clear();
                channels.get(i & 1).send(data, new InetSocketAddress(addresses.get(i & 1), FIRST_PORT + i));
                created++;
            }
            table.flush();
            ended += PORTS;
        }
    }

    /**
     * Returns the number of connections created.
     *
     * @return a count
     */
    public long created() {
        return created;
    }

    /**
     * Returns the number of changes to connections.
     *
     * @return a count
     */
    public long updated() {
        return updated;
    }

    /**
     * Returns the number of connections ended.
     *
     * @return a count
     */
    public long ended() {
        return ended;
    }

    /**
     * Returns the number of all events caused.
     *
     * @return a count
     */
    public long events() {
        return created + updated + ended;
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel channel : channels) {
            channel.close();
        }
        table.close();
    }
}
