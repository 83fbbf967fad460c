// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowSink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Sends reports to a collector of IPFIX.
 *
 * <pre>{@code
 * InetSocketAddress collector = new InetSocketAddress("192.0.2.1", 4739);
 * try (FlowMeter meter = FlowMeter.open(transport, FlowMeterOptions.builder().build());
 *         IpfixExporter exporter = IpfixExporter.open(
 *                 collector, IpfixTransport.UDP, IpfixExporterOptions.builder().build())) {
 *     while (meter.poll(exporter, Duration.ofSeconds(1)) >= 0) {
 *         exporter.flush();
 *     }
 * }
 * }</pre>
 *
 * <p>A collector that is away or slow neither ends the meter nor stops it: a message that cannot be sent within {@link
 * IpfixExporterOptions#sendTimeout} is counted ({@link #statistics}), and its records keep their sequence numbers, so
 * that the collector notices a gap. Over TCP a new connection is tried again and again, and what its socket still had
 * when the old one broke may be lost without being counted here. The exporter's statistics are sent as options records,
 * by {@link #flush} when they are due and by {@link #close}.
 *
 * <p>Any thread may call any method; one is executed at a time.
 */
public final class IpfixExporter implements FlowSink<IOException>, AutoCloseable {
    /** IANA's port of IPFIX over UDP and TCP. */
    public static final int PORT = 4739;

    /** A message with records is sent after this time, even if there is space for more. */
    private static final long LONGEST_STAY = 1_000_000_000;

    private final IpfixExporterOptions options;
    private final IpfixTransport transport;
    private final Sender sender;
    private final IpfixWriter<RuntimeException> writer;
    private final int process = (int) ProcessHandle.current().pid();

    private long begun;
    private long templatesAt;
    private long templatesMessages;
    private long statisticsAt;
    private long records;
    private long messages;
    private long octets;
    private long notSentRecords;
    private long notSentMessages;
    private long notSentPackets;
    private long notSentOctets;
    private long unsupported;
    private boolean closed;

    private IpfixExporter(IpfixTransport transport, IpfixExporterOptions options, Sender sender) {
        this.transport = transport;
        this.options = options;
        this.sender = sender;
        writer = new IpfixWriter<>(options.format(), options.clock(), this::send);
        templatesAt = options.nanoTime().getAsLong();
        statisticsAt = templatesAt;
        begun = templatesAt;
    }

    /**
     * Opens an exporter. Over TCP it connects.
     *
     * @param collector the collector's address and port
     * @param transport how messages are carried
     * @param options the options
     * @return an exporter; the caller closes it
     * @throws UnknownHostException if the address is not resolved
     * @throws IOException if the socket cannot be opened, or over TCP if the collector refuses the connection or does
     *     not answer within {@link IpfixExporterOptions#connectTimeout}
     */
    public static IpfixExporter open(
            InetSocketAddress collector, IpfixTransport transport, IpfixExporterOptions options) throws IOException {
        if (collector.isUnresolved()) {
            throw new UnknownHostException(collector.getHostString());
        }
        Sender sender = transport == IpfixTransport.UDP
                ? new UdpSender(collector, options.sendTimeout())
                : new TcpSender(collector, options);
        return new IpfixExporter(transport, options, sender);
    }

    /**
     * Adds a report to the message that is being made, and sends the message if it is full.
     *
     * @param report a flow or a loss
     * @throws IOException if the exporter is closed. What cannot be sent is counted instead
     */
    @Override
    public synchronized void report(FlowReport report) throws IOException {
        if (closed) {
            throw new IOException("the exporter is closed");
        }
        long now = options.nanoTime().getAsLong();
        prepare(now);
        if (!writer.add(report)) {
            unsupported++;
        }
        if (now - begun > LONGEST_STAY) {
            writer.flush();
        }
    }

    /** Before the first record of a message: templates are in the same session as the records that need them. */
    private void prepare(long now) {
        if (writer.isPending()) {
            return;
        }
        begun = now;
        if (sender.isRenewed()) {
            writer.restart();
        } else if (transport == IpfixTransport.UDP
                && (now - templatesAt >= options.templateInterval().toNanos()
                        || templatesMessages >= options.templateMessages())) {
            writer.repeatTemplates();
            templatesAt = now;
            templatesMessages = 0;
        }
    }

    private void send(ByteBuffer message, MessageTarget.Contents contents) {
        int length = message.remaining();
        if (sender.send(message)) {
            records += contents.records();
            messages++;
            octets += length;
        } else {
            notSentRecords += contents.records();
            notSentMessages++;
            notSentPackets += contents.packets();
            notSentOctets += contents.octets();
        }
        templatesMessages++;
        begun = options.nanoTime().getAsLong();
    }

    /**
     * Sends the message that is being made, if it contains something, and the statistics if they are due. Call it after
     * each poll of the meter: else reports may wait for the next one.
     */
    public synchronized void flush() {
        if (closed) {
            return;
        }
        long now = options.nanoTime().getAsLong();
        prepare(now);
        if (now - statisticsAt >= options.statisticsInterval().toNanos()) {
            statisticsAt = now;
            writer.add(process, statistics());
        }
        writer.flush();
    }

    /**
     * The counts so far. Also after the end.
     *
     * @return a snapshot
     */
    public synchronized ExportStatistics statistics() {
        return new ExportStatistics(
                records,
                messages,
                octets,
                notSentRecords,
                notSentMessages,
                notSentPackets,
                notSentOctets,
                sender.refused(),
                unsupported,
                writer.shortened(),
                sender.connections());
    }

    /** Sends what is left and the statistics, and closes the socket. Further calls have no effect. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        prepare(options.nanoTime().getAsLong());
        writer.flush(); // the statistics then include it
        writer.add(process, statistics());
        writer.flush();
        closed = true;
        sender.close();
    }
}
