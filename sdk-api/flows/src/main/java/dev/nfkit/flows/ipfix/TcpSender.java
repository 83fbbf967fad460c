// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Sends a stream of messages, and connects again after it broke, first after a second and then after longer times. A new
 * connection is made while messages are counted as not sent: nothing waits for it.
 *
 * <pre>{@code
 * CONNECTED --a send fails, the collector closes--> DOWN --after a time--> CONNECTING --> CONNECTED
 *                                                     ^------it fails, or takes too long----'
 * }</pre>
 */
final class TcpSender implements Sender {
    private static final long FIRST_PAUSE = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST_PAUSE = Duration.ofSeconds(30).toNanos();

    private enum State {
        CONNECTED,
        CONNECTING,
        DOWN,
        CLOSED
    }

    private final InetSocketAddress collector;
    private final Duration sendTimeout;
    private final Duration connectTimeout;
    private final LongSupplier nanoTime;
    private final ByteBuffer received = ByteBuffer.allocate(256);

    private SocketChannel channel;
    private State state = State.CONNECTING;
    /** When the next step is due: an attempt while down, its end while connecting. */
    private long due;

    private long pause = FIRST_PAUSE;
    private long connections;

    /** Connects, and waits for it. */
    TcpSender(InetSocketAddress collector, IpfixExporterOptions options) throws IOException {
        this.collector = collector;
        sendTimeout = options.sendTimeout();
        connectTimeout = options.connectTimeout();
        nanoTime = options.nanoTime();
        channel = SocketChannel.open();
        boolean connected = false;
        try {
            connected = SocketWait.uninterrupted(this::connectOrWait);
        } finally {
            if (!connected) {
                Closing.quietly(channel);
            }
        }
        if (!connected) {
            throw new SocketTimeoutException(collector + " did not answer within " + connectTimeout);
        }
        connected();
    }

    private boolean connectOrWait() throws IOException {
        if (begin()) {
            return true;
        }
        boolean answered = SocketWait.await(channel, SelectionKey.OP_CONNECT, SocketWait.deadline(connectTimeout));
        return answered && channel.finishConnect();
    }

    private boolean begin() throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return channel.connect(collector);
    }

    private void connected() {
        state = State.CONNECTED;
        pause = FIRST_PAUSE;
        connections++;
    }

    private void down() {
        Closing.quietly(channel);
        if (state != State.CLOSED) {
            state = State.DOWN;
            due = nanoTime.getAsLong() + pause;
            pause = Math.min(2 * pause, LONGEST_PAUSE);
        }
    }

    @Override
    public boolean send(ByteBuffer message) {
        if (state != State.CONNECTED) {
            return false;
        }
        boolean sent = false;
        try {
            sent = SocketWait.uninterrupted(() -> sendOrWait(message));
        } catch (IOException e) { // the connection ends
            sent = false;
        }
        if (!sent) {
            down();
        }
        return sent;
    }

    private boolean sendOrWait(ByteBuffer message) throws IOException {
        if (channel.read(received.clear()) < 0) { // collectors send nothing: the end of the stream
            return false;
        }
        long deadline = SocketWait.deadline(sendTimeout);
        while (message.hasRemaining()) {
            if (channel.write(message) == 0 && !SocketWait.await(channel, SelectionKey.OP_WRITE, deadline)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean isRenewed() {
        if (state == State.CONNECTED || state == State.CLOSED) {
            return false;
        }
        try {
            return SocketWait.uninterrupted(this::proceed);
        } catch (IOException e) { // refused, or no route
            down();
            return false;
        }
    }

    private boolean proceed() throws IOException {
        boolean over = nanoTime.getAsLong() - due >= 0;
        boolean made = false;
        if (state == State.CONNECTING) {
            made = channel.finishConnect();
            if (!made && over) {
                down();
            }
        } else if (over) {
            channel = SocketChannel.open();
            state = State.CONNECTING;
            due = nanoTime.getAsLong() + connectTimeout.toNanos();
            made = begin();
        }
        if (made) {
            connected();
        }
        return made;
    }

    @Override
    public long refused() {
        return 0;
    }

    @Override
    public long connections() {
        return connections;
    }

    @Override
    public void close() {
        state = State.CLOSED;
        Closing.quietly(channel);
    }
}
