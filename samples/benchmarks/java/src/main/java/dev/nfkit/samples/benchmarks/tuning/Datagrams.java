// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.samples.benchmarks.PracticeNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;

/** UDP packets to the loopback of a namespace, where its rules drop them. */
final class Datagrams implements AutoCloseable {
    private static final int PORT = 9;

    private final List<DatagramChannel> sockets = new ArrayList<>();
    private final InetSocketAddress target = new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT);
    private final ByteBuffer data;

    /**
     * Opens sockets. Packets that wait in a queue stay charged to their socket, which then sends no more: several sockets
     * send more packets at a time.
     */
    Datagrams(PracticeNamespace namespace, int count, int size) throws Exception {
        data = ByteBuffer.allocateDirect(size);
        for (int i = 0; i < count; i++) {
            sockets.add(namespace.call(() -> DatagramChannel.open(StandardProtocolFamily.INET)));
        }
    }

    /** Sends packets, in turn from each socket, each of which waits until its send buffer has space. */
    void send(int packets) throws IOException {
        for (int i = 0; i < packets; i++) {
            sockets.get(i % sockets.size()).send(data.clear(), target);
        }
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel socket : sockets) {
            socket.close();
        }
    }
}
