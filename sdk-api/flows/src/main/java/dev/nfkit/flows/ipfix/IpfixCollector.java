// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Receives IPFIX over UDP and TCP, from nfkit and from other exporters.
 *
 * <pre>{@code
 * InetSocketAddress all = new InetSocketAddress(IpfixExporter.PORT);
 * try (IpfixCollector collector = IpfixCollector.open(all, IpfixCollectorOptions.builder().build())) {
 *     while (collector.poll(report -> System.out.println(report), Duration.ofSeconds(1)) >= 0) {
 *         // reports were printed
 *     }
 * }
 * }</pre>
 *
 * <p>Any host that reaches the port can send: what arrives is not authenticated. Limits bound the memory ({@link
 * IpfixCollectorOptions}), and what they exclude is counted. A malformed message over UDP is counted, and over TCP it ends
 * its connection. One thread polls; any thread may call the other methods.
 */
public final class IpfixCollector implements AutoCloseable {
    private static final int LARGEST_DATAGRAM = 65_536;

    /** The number of datagrams that are read before connections are. */
    private static final int DATAGRAMS = 256;

    private final IpfixCollectorOptions options;
    private final Selector selector;
    private final DatagramChannel datagrams;
    private final ServerSocketChannel server;
    private final FieldBudget budget;
    private final ReadCounts counts = new ReadCounts();
    private final UdpExporters exporters;
    private final ByteBuffer datagram = ByteBuffer.allocateDirect(LARGEST_DATAGRAM);
    private final AtomicBoolean polling = new AtomicBoolean();

    private int connections;
    private long refusedMessages;
    private long refusedConnections;
    private long brokenConnections;
    private volatile boolean closed;
    private volatile CollectorStatistics statistics;

    private IpfixCollector(
            IpfixCollectorOptions options, Selector selector, DatagramChannel datagrams, ServerSocketChannel server) {
        this.options = options;
        this.selector = selector;
        this.datagrams = datagrams;
        this.server = server;
        budget = new FieldBudget(options.reading().maxFields());
        exporters = new UdpExporters(options.maxExporters(), from -> reader(from, IpfixTransport.UDP));
        statistics = snapshot();
    }

    /**
     * Binds a port, for UDP and TCP.
     *
     * @param address the address and port; port 0 selects one that is free
     * @param options the options
     * @return a collector; the caller closes it
     * @throws IOException if the port cannot be bound
     */
    public static IpfixCollector open(InetSocketAddress address, IpfixCollectorOptions options) throws IOException {
        Selector selector = Selector.open();
        @Nullable DatagramChannel datagrams = null;
        @Nullable ServerSocketChannel server = null;
        boolean opened = false;
        try {
            server = ServerSocketChannel.open();
            server.configureBlocking(false);
            server.bind(address);
            InetSocketAddress bound = (InetSocketAddress) server.getLocalAddress();
            datagrams = DatagramChannel.open();
            datagrams.configureBlocking(false);
            datagrams.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBuffer());
            datagrams.bind(new InetSocketAddress(address.getAddress(), bound.getPort()));
            server.register(selector, SelectionKey.OP_ACCEPT);
            datagrams.register(selector, SelectionKey.OP_READ);
            opened = true;
            return new IpfixCollector(options, selector, datagrams, server);
        } finally {
            if (!opened) {
                Closing.quietly(selector);
                if (server != null) {
                    Closing.quietly(server);
                }
                if (datagrams != null) {
                    Closing.quietly(datagrams);
                }
            }
        }
    }

    private IpfixReader reader(SocketAddress exporter, IpfixTransport transport) {
        InetSocketAddress address = (InetSocketAddress) exporter;
        String host = address.getAddress().getHostAddress();
        String name = (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
        return new IpfixReader(name, transport, options.reading(), System::nanoTime, budget, counts);
    }

    /**
     * The address and port.
     *
     * @return where it listens
     * @throws IOException if it is closed
     */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /**
     * Delivers what has arrived, or waits for the next message.
     *
     * @param sink takes reports and records, on this thread
     * @param timeout the longest wait; zero does not wait
     * @return the number of messages that were read; 0 on timeout, {@link #wakeup}, or if the thread is interrupted,
     *     whose flag is kept; −1 once the collector is closed
     * @throws IOException if a socket fails
     * @throws E as the sink throws; the rest of its message is discarded
     * @throws IllegalStateException if another poll is in progress
     * @throws IllegalArgumentException if the timeout is negative
     * @param <E> what the sink may throw
     */
    public <E extends Exception> int poll(IpfixSink<E> sink, Duration timeout) throws IOException, E {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: " + timeout);
        }
        if (!polling.compareAndSet(false, true)) {
            throw new IllegalStateException("another poll of this collector is in progress");
        }
        long before = counts.messages + counts.malformed;
        try {
            select(timeout);
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext() && !closed) {
                SelectionKey key = ready.next();
                ready.remove();
                this.<E>serve(key, sink);
            }
        } catch (ClosedSelectorException e) {
            return -1;
        } catch (IOException e) {
            if (!closed) {
                throw e;
            }
        } finally {
            statistics = snapshot();
            polling.set(false);
            if (closed) {
                release();
            }
        }
        return closed ? -1 : (int) (counts.messages + counts.malformed - before);
    }

    private void select(Duration timeout) throws IOException {
        if (timeout.isZero()) {
            selector.selectNow();
            return;
        }
        long millis = Math.max(1, Math.min(timeout.toMillis(), Integer.MAX_VALUE));
        selector.select(millis);
    }

    private <E extends Exception> void serve(SelectionKey key, IpfixSink<E> sink) throws IOException, E {
        if (key.channel() == datagrams) {
            this.<E>receive(sink);
        } else if (key.channel() == server) {
            accept();
        } else if (key.attachment() instanceof TcpConnection connection) {
            TcpConnection.Outcome outcome = connection.read(sink);
            if (outcome != TcpConnection.Outcome.OPEN) {
                brokenConnections += outcome == TcpConnection.Outcome.BROKEN ? 1 : 0;
                connections--;
                key.cancel();
                connection.close();
            }
        }
    }

    private <E extends Exception> void receive(IpfixSink<E> sink) throws IOException, E {
        for (int i = 0; i < DATAGRAMS && !closed; i++) {
            SocketAddress from = SocketWait.uninterrupted(() -> datagrams.receive(datagram.clear()));
            if (from == null) {
                return;
            }
            IpfixReader reader = exporters.of(from, System.nanoTime());
            if (reader == null) {
                refusedMessages++;
                continue;
            }
            try {
                reader.read(datagram.flip(), sink);
            } catch (MalformedMessageException e) { // counted by the reader
                System.getLogger(IpfixCollector.class.getName()).log(System.Logger.Level.DEBUG, from.toString(), e);
            }
        }
    }

    private void accept() throws IOException {
        SocketChannel channel = SocketWait.uninterrupted(server::accept);
        if (channel == null) {
            return;
        }
        if (connections >= options.maxExporters()) {
            refusedConnections++;
            Closing.quietly(channel);
            return;
        }
        channel.configureBlocking(false);
        TcpConnection connection = new TcpConnection(channel, reader(channel.getRemoteAddress(), IpfixTransport.TCP));
        channel.register(selector, SelectionKey.OP_READ, connection);
        connections++;
    }

    /** Ends the wait of a poll, now or the next one. */
    public void wakeup() {
        selector.wakeup();
    }

    private CollectorStatistics snapshot() {
        return new CollectorStatistics(
                counts.snapshot(),
                exporters.size() + connections,
                refusedMessages,
                refusedConnections,
                brokenConnections);
    }

    /**
     * The counts at the end of the last poll. Also after the end.
     *
     * @return a snapshot
     */
    public CollectorStatistics statistics() {
        return statistics;
    }

    /** Closes the port and all connections. A poll in progress returns −1. Further calls have no effect. */
    @Override
    public void close() {
        closed = true;
        if (polling.get()) {
            selector.wakeup();
        } else {
            release();
        }
    }

    private void release() {
        if (selector.isOpen()) {
            for (SelectionKey key : selector.keys()) {
                Closing.quietly(key.channel());
            }
        }
        Closing.quietly(selector);
    }
}
