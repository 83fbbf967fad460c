// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends UDP packets over the loopback, alternating between IPv4 and IPv6, numbered in each family. A packet that finds
 * the send buffer full is sent again, so that a session that holds packets slows the sender down.
 */
public final class Flood implements AutoCloseable {
    private static final int DATA = 64;
    private static final int UDP_HEADER = 8;
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long FULL_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final int CLOCK_EVERY = 64;

    private final List<DatagramChannel> channels;
    private final List<InetSocketAddress> targets;
    private final ByteBuffer data = ByteBuffer.allocateDirect(DATA);
    private final long[] sent = new long[2];

    /**
     * Creates a flood that has sent nothing yet.
     *
     * @param port the port that packets are sent to
     * @throws IOException if a socket cannot be opened
     */
    public Flood(int port) throws IOException {
        channels = List.of(open(StandardProtocolFamily.INET), open(StandardProtocolFamily.INET6));
        byte[] loopback6 = new byte[16];
        loopback6[15] = 1;
        targets = List.of(
                new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port),
                new InetSocketAddress(InetAddress.getByAddress(loopback6), port));
    }

    private static DatagramChannel open(StandardProtocolFamily family) throws IOException {
        DatagramChannel channel = DatagramChannel.open(family);
        channel.configureBlocking(false);
        return channel;
    }

    /**
     * Reads the number in a packet: it starts at 1 and increases by 1 for each packet of its family.
     *
     * @param payload the packet from its IP header on
     * @return the number
     */
    public static long number(Bytes payload) {
        int header = payload.u8(0) >>> 4 == 4 ? IPV4_HEADER : IPV6_HEADER;
        return payload.u64(header + UDP_HEADER);
    }

    /**
     * Sends without pauses.
     *
     * @param nanos how long, in nanoseconds
     * @throws IOException if sending fails
     */
    public void full(long nanos) throws IOException {
        long start = System.nanoTime();
        do {
            exactly(CLOCK_EVERY);
        } while (System.nanoTime() - start < nanos);
    }

    /**
     * Sends for 5 ms at a time, with pauses of 20 ms.
     *
     * @param nanos how long, in nanoseconds
     * @throws IOException if sending fails
     */
    public void bursts(long nanos) throws IOException {
        long start = System.nanoTime();
        do {
            full(BURST_NANOS);
            LockSupport.parkNanos(PAUSE_NANOS);
        } while (System.nanoTime() - start < nanos);
    }

    /**
     * Sends a number of packets.
     *
     * @param packets the number of packets, of both families together
     * @throws IOException if sending fails
     */
    public void exactly(long packets) throws IOException {
        for (long i = 0; i < packets; i++) {
            int family = (int) (i & 1);
            data.clear();
            data.putLong(0, sent[family] + 1);
            while (channels.get(family).send(data, targets.get(family)) == 0) {
                LockSupport.parkNanos(FULL_NANOS);
                if (Thread.currentThread().isInterrupted()) {
                    throw new IOException("the flood was interrupted");
                }
            }
            sent[family]++;
        }
    }

    /**
     * Returns the number of packets sent.
     *
     * @return a count
     */
    public long sent() {
        return sent[0] + sent[1];
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel channel : channels) {
            channel.close();
        }
    }
}
