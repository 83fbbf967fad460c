// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.time.Duration;

/** Sends datagrams. */
final class UdpSender implements Sender {
    private final InetSocketAddress collector;
    private final Duration timeout;
    private DatagramChannel channel;
    private long refused;
    private boolean closed;

    UdpSender(InetSocketAddress collector, Duration timeout) throws IOException {
        this.collector = collector;
        this.timeout = timeout;
        channel = open();
    }

    private DatagramChannel open() throws IOException {
        DatagramChannel opened = DatagramChannel.open();
        boolean connected = false;
        try {
            opened.configureBlocking(false);
            opened.connect(collector);
            connected = true;
            return opened;
        } finally {
            if (!connected) {
                opened.close();
            }
        }
    }

    @Override
    public boolean send(ByteBuffer message) {
        try {
            return SocketWait.uninterrupted(() -> sendOrWait(message));
        } catch (IOException e) { // no route, an interface that is down, a message that exceeds the MTU
            return false;
        }
    }

    private boolean sendOrWait(ByteBuffer message) throws IOException {
        if (!channel.isOpen() && !closed) { // an interrupt has closed it
            channel = open();
        }
        long deadline = SocketWait.deadline(timeout);
        while (true) {
            try {
                if (channel.write(message) > 0) {
                    return true;
                }
                if (!SocketWait.await(channel, SelectionKey.OP_WRITE, deadline)) {
                    return false;
                }
            } catch (PortUnreachableException e) { // of an earlier datagram: this one was not sent yet
                refused++;
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
            }
        }
    }

    @Override
    public boolean isRenewed() {
        return false;
    }

    @Override
    public long refused() {
        return refused;
    }

    @Override
    public long connections() {
        return 0;
    }

    @Override
    public void close() {
        closed = true;
        Closing.quietly(channel);
    }
}
