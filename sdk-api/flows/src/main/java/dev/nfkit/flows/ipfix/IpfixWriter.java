// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes reports as messages of IPFIX (RFC 7011), each direction of a connection in the same record (RFC 5103), with
 * addresses and ports after translation (RFC 8158). It sends nothing: {@link IpfixExporter} does.
 *
 * <pre>{@code
 * IpfixWriter<IOException> writer =
 *         new IpfixWriter<>(IpfixFormat.defaults(), Clock.systemUTC(), (message, contents) -> channel.write(message));
 * meter.run(writer::add);
 * writer.flush();
 * }</pre>
 *
 * <p>A template is written before the first record that uses it. Losses are data records of an options template. Reports
 * allocate nothing; a message does. One thread at a time.
 *
 * @param <E> what the target may throw
 */
public final class IpfixWriter<E extends Exception> {
    /** Templates of flows have the ids from here on, in the order of their kinds. */
    static final int FIRST_TEMPLATE = 256;

    private static final long SEQUENCES = 1L << Integer.SIZE;
    private static final long MILLIS = 1000;
    private static final int LONGEST_PREFIX = 3;

    private final IpfixFormat format;
    private final InstantSource clock;
    private final MessageTarget<E> target;
    private final MessageBuffer message;
    private final FlowKinds kinds = new FlowKinds();
    private final @Nullable FlowLayout[] layouts = new FlowLayout[Part.KINDS];
    private final boolean[] announced = new boolean[Part.KINDS];
    private final Set<OptionsLayout> optionsAnnounced = EnumSet.noneOf(OptionsLayout.class);

    private long sequence;
    private int records;
    private long packets;
    private long octets;
    private long shortened;

    /**
     * Begins a stream of messages.
     *
     * @param format how they are written
     * @param clock the time of export, in each message
     * @param target takes the messages, on the thread that adds or flushes
     */
    public IpfixWriter(IpfixFormat format, InstantSource clock, MessageTarget<E> target) {
        this.format = format;
        this.clock = clock;
        this.target = target;
        message = new MessageBuffer(format.messageSize());
    }

    /**
     * Adds a report, and writes the message if it is full.
     *
     * @param report a flow or a loss
     * @return whether it was added: false if it has no protocol or lacks an address, which the kernel never omits, or
     *     its directions do not fit together
     * @throws E as the target throws; the report was not added
     */
    public boolean add(FlowReport report) throws E {
        if (report instanceof FlowRecord flow) {
            return addFlow(flow);
        }
        addLoss((FlowLoss) report);
        return true;
    }

    private boolean addFlow(FlowRecord flow) throws E {
        int kind = kinds.of(flow);
        if (kind == FlowKinds.NONE) {
            return false;
        }
        FlowLayout layout = layout(kind);
        int limit = message.capacity();
        int size = layout.size(flow, limit);
        if (size > message.capacity()) {
            shortened++;
            limit = (message.capacity() - layout.size(flow, 0)) / layout.texts() - LONGEST_PREFIX;
            size = layout.size(flow, limit);
        }
        int id = FIRST_TEMPLATE + kind;
        if (!announced[kind]) {
            announced[kind] = true;
            announce(id, 0, layout.template(format.enterprise()));
        }
        makeSpace(id, size);
        layout.write(flow, limit, message.record(id));
        records++;
        packets += flow.originalTraffic().deltaPackets() + flow.replyTraffic().deltaPackets();
        octets += flow.originalTraffic().deltaBytes() + flow.replyTraffic().deltaBytes();
        return true;
    }

    private FlowLayout layout(int kind) {
        FlowLayout layout = layouts[kind];
        if (layout == null) {
            layout = new FlowLayout(kind, format.commandLines());
            layouts[kind] = layout;
        }
        return layout;
    }

    private void addLoss(FlowLoss loss) throws E {
        OptionsLayout layout = OptionsLayout.LOSS;
        announce(layout);
        int limit = message.capacity() - layout.fixedSize() - LONGEST_PREFIX;
        int length = Utf8.length(loss.host(), limit);
        shortened += length < Utf8.length(loss.host(), Integer.MAX_VALUE) ? 1 : 0;
        makeSpace(layout.id(), layout.fixedSize() + LONGEST_PREFIX + length);
        OptionsLayout.writeLoss(loss, format.observationDomain(), limit, message.record(layout.id()));
        records++;
    }

    /**
     * Adds the statistics of an exporter, as RFC 7011 defines them in sections 4.1 and 4.3: two data records of options.
     *
     * @param exportingProcess the number of the exporting process, which is the scope of what was not sent
     * @param statistics the counts
     * @throws E as the target throws
     */
    public void add(int exportingProcess, ExportStatistics statistics) throws E {
        OptionsLayout exported = OptionsLayout.EXPORTED;
        announce(exported);
        makeSpace(exported.id(), exported.fixedSize());
        message.record(exported.id())
                .putInt((int) format.observationDomain())
                .putLong(statistics.messages())
                .putLong(statistics.records())
                .putLong(statistics.octets());
        records++;
        OptionsLayout notSent = OptionsLayout.NOT_SENT;
        announce(notSent);
        makeSpace(notSent.id(), notSent.fixedSize());
        message.record(notSent.id())
                .putInt(exportingProcess)
                .putLong(statistics.notSentRecords() + statistics.unsupported())
                .putLong(statistics.notSentPackets())
                .putLong(statistics.notSentOctets());
        records++;
    }

    private void announce(OptionsLayout layout) throws E {
        if (optionsAnnounced.add(layout)) {
            announce(layout.id(), 1, layout.template(format.enterprise()));
        }
    }

    private void announce(int id, int scopes, List<TemplateField> fields) throws E {
        int set = scopes == 0 ? MessageBuffer.TEMPLATES : MessageBuffer.OPTIONS_TEMPLATES;
        makeSpace(set, MessageBuffer.templateSize(scopes, fields));
        message.template(id, scopes, fields);
    }

    private void makeSpace(int set, int length) throws E {
        if (!message.fits(set, length)) {
            flush();
        }
    }

    /**
     * Writes the message that is being made, if it contains something. Call it when no more reports are available, so
     * that none waits for the next one.
     *
     * @throws E as the target throws; the message is not written again
     */
    public void flush() throws E {
        if (message.isEmpty()) {
            return;
        }
        MessageTarget.Contents contents = new MessageTarget.Contents(records, packets, octets);
        long first = sequence;
        sequence = (sequence + records) % SEQUENCES;
        records = 0;
        packets = 0;
        octets = 0;
        try {
            target.message(message.finish(clock.millis() / MILLIS, first, format.observationDomain()), contents);
        } finally {
            message.clear();
        }
    }

    /** Whether there is a message that {@link #flush} would write. */
    boolean isPending() {
        return !message.isEmpty();
    }

    /** Writes each template again before the next record that uses it. Over UDP this is repeated from time to time. */
    public void repeatTemplates() {
        Arrays.fill(announced, false);
        optionsAnnounced.clear();
    }

    /** Begins a new transport session: the sequence numbers begin again, and all templates are written again. */
    public void restart() {
        sequence = 0;
        repeatTemplates();
    }

    /**
     * The number of records whose texts were shortened because they exceeded a message.
     *
     * @return from 0
     */
    public long shortened() {
        return shortened;
    }
}
