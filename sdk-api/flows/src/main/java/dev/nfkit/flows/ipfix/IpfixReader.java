// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of one transport session of an exporter: bytes, without a socket. {@link IpfixCollector} receives
 * them.
 *
 * <pre>{@code
 * IpfixReader reader = new IpfixReader(
 *         "fw1", IpfixTransport.UDP, IpfixReaderOptions.defaults(), System::nanoTime);
 * reader.read(message, report -> System.out.println(report));
 * }</pre>
 *
 * <p>Memory is bounded by the limits of {@link IpfixReaderOptions}, whatever an exporter sends. A set whose template is
 * unknown is counted. One thread at a time.
 */
public final class IpfixReader {
    private static final int U16 = 0xffff;
    private static final int FIRST_DATA_SET = 256;

    private final String exporter;
    private final IpfixTransport transport;
    private final IpfixReaderOptions options;
    private final LongSupplier nanoTime;
    private final KnownTemplates templates;
    private final TemplateReader templateReader;
    private final RecordCursor cursor = new RecordCursor();
    private final Map<Long, SequenceCheck> domains = new HashMap<>();
    private final ReadCounts counts;

    /**
     * Begins a transport session, in which no template is known.
     *
     * @param exporter a name for it, in records
     * @param transport whether templates expire (UDP) or are withdrawn (TCP)
     * @param options the limits
     * @param nanoTime elapsed time in nanoseconds, such as {@link System#nanoTime}
     */
    public IpfixReader(String exporter, IpfixTransport transport, IpfixReaderOptions options, LongSupplier nanoTime) {
        this(exporter, transport, options, nanoTime, new FieldBudget(options.maxFields()), new ReadCounts());
    }

    /** With a budget and counts that several readers share. */
    IpfixReader(
            String exporter,
            IpfixTransport transport,
            IpfixReaderOptions options,
            LongSupplier nanoTime,
            FieldBudget budget,
            ReadCounts counts) {
        this.exporter = exporter;
        this.transport = transport;
        this.options = options;
        this.nanoTime = nanoTime;
        this.counts = counts;
        long lifetime =
                transport == IpfixTransport.UDP ? options.templateLifetime().toNanos() : 0;
        templates = new KnownTemplates(options.maxTemplates(), lifetime, budget);
        templateReader = new TemplateReader(options.enterprise());
    }

    /**
     * Reads one message.
     *
     * @param message the message, from position to limit, which do not change
     * @param sink takes what it contains, on this thread
     * @throws MalformedMessageException if the message is not IPFIX, or a part of it contradicts another one. Records
     *     before this part were delivered; the next message can be read
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void read(ByteBuffer message, IpfixSink<E> sink) throws MalformedMessageException, E {
        ByteBuffer bytes = message.duplicate().order(ByteOrder.BIG_ENDIAN);
        boolean complete = false;
        try {
            read(MessageHeader.read(bytes), bytes, sink);
            complete = true;
        } catch (MalformedMessageException e) {
            counts.malformed++;
            throw e;
        } finally {
            counts.messages += complete ? 1 : 0;
        }
    }

    private <E extends Exception> void read(MessageHeader header, ByteBuffer bytes, IpfixSink<E> sink)
            throws MalformedMessageException, E {
        SequenceCheck sequence = sequence(header.domain());
        if (sequence == null) {
            counts.refusedMessages++;
            return;
        }
        SequenceCheck.Finding finding = sequence.check(header.sequence());
        if (finding == SequenceCheck.Finding.GAP) {
            counts.lost += sequence.missing();
            sequence.forget();
            sink.lost(exporter, header.domain(), sequence.missing());
        } else if (finding == SequenceCheck.Finding.LATE) {
            counts.late++;
        }
        long delivered = -1;
        try {
            delivered = sets(header, bytes, sink);
        } finally {
            if (finding != SequenceCheck.Finding.LATE) {
                if (delivered < 0) {
                    sequence.forget();
                } else {
                    sequence.next(header.sequence(), delivered);
                }
            }
        }
        if (finding == SequenceCheck.Finding.LATE) {
            counts.lost -= Math.min(counts.lost, Math.max(0, delivered));
        }
    }

    private @Nullable SequenceCheck sequence(long domain) {
        SequenceCheck known = domains.get(domain);
        if (known == null && domains.size() < options.maxDomains()) {
            known = new SequenceCheck();
            domains.put(domain, known);
        }
        return known;
    }

    /** Reads all sets; returns the number of data records, or −1 if it is not known. */
    private <E extends Exception> long sets(MessageHeader header, ByteBuffer bytes, IpfixSink<E> sink)
            throws MalformedMessageException, E {
        int start = bytes.position();
        int offset = MessageBuffer.HEADER;
        long records = 0;
        boolean known = true;
        while (offset < header.length()) {
            int id = bytes.getShort(start + offset) & U16;
            int length = bytes.getShort(start + offset + Short.BYTES) & U16;
            int from = offset + MessageBuffer.SET_HEADER;
            if (id == MessageBuffer.TEMPLATES || id == MessageBuffer.OPTIONS_TEMPLATES) {
                ByteBuffer set = bytes.slice(start + from, length - MessageBuffer.SET_HEADER);
                boolean ofOptions = id == MessageBuffer.OPTIONS_TEMPLATES;
                templateReader.read(set, from, ofOptions, new Received(header.domain(), id));
            } else if (id >= FIRST_DATA_SET) {
                RecordReader reader = templates.find(header.domain(), id, nanoTime.getAsLong());
                if (reader == null) {
                    counts.undecodedSets++;
                    known = false;
                } else {
                    records += records(reader, header, bytes, start + from, start + offset + length, sink);
                }
            } else {
                counts.undecodedSets++; // reserved
            }
            offset += length;
        }
        return known ? records : -1;
    }

    private <E extends Exception> long records(
            RecordReader reader, MessageHeader header, ByteBuffer bytes, int from, int limit, IpfixSink<E> sink)
            throws MalformedMessageException, E {
        int least = reader.template().leastLength();
        int position = from;
        long records = 0;
        while (limit - position >= least) { // less is padding
            position = cursor.read(bytes, position, limit, reader.template());
            records++;
            reader.deliver(exporter, header, cursor, counts, sink);
        }
        return records;
    }

    /** Takes the templates of a set. */
    private final class Received implements TemplateReader.Target {
        private final long domain;
        private final int set;

        Received(long domain, int set) {
            this.domain = domain;
            this.set = set;
        }

        @Override
        public void template(IpfixTemplate template) {
            counts.templates++;
            if (!templates.put(domain, new RecordReader(template, options.enterprise()), nanoTime.getAsLong())) {
                counts.refusedTemplates++;
            }
        }

        @Override
        public void withdrawn(int id) {
            if (transport == IpfixTransport.UDP) {
                return; // withdrawals must not be sent over UDP, where any host could forge them
            }
            if (id == set) {
                templates.withdrawAll(domain, set == MessageBuffer.OPTIONS_TEMPLATES);
            } else {
                templates.withdraw(domain, id);
            }
        }
    }

    /** Gives the budget back. */
    void end() {
        templates.clear();
        domains.clear();
    }

    /**
     * The number of templates that are remembered.
     *
     * @return from 0 to {@link IpfixReaderOptions#maxTemplates}
     */
    public int templates() {
        return templates.size();
    }

    /**
     * The counts so far.
     *
     * @return a snapshot
     */
    public ReadStatistics statistics() {
        return counts.snapshot();
    }
}
