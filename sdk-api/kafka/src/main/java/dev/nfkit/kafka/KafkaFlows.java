// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowSink;
import dev.nfkit.flows.FlowStatistics;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.kafka.schema.CountsMessage;
import dev.nfkit.kafka.schema.LedgerMessage;
import dev.nfkit.kafka.spool.Spool;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Puts flow records on Kafka. Each report goes into a spool on disk first; a thread sends what is in the spool, and
 * removes what the brokers have stored. So nothing is lost while the brokers are away, up to the limits of the spool, or
 * when the process is killed.
 *
 * <pre>{@code
 * KafkaFlowsOptions options = KafkaFlowsOptions.builder("kafka1:9092", "fw1", Path.of("/var/spool/nfkit")).build();
 * try (FlowMeter meter = FlowMeter.open(transport, FlowMeterOptions.builder().host("fw1").build());
 *         KafkaFlows kafka = KafkaFlows.open(options)) {
 *     meter.run(kafka);
 * }
 * }</pre>
 *
 * <p>A record is sent at least once: after a failure or a restart some are sent again, and {@code flow_id}, {@code
 * meter_start_ns} and {@code sequence} show that they are the same. The records of a flow have one key and keep their
 * order. What the spool drops at its limits, or cannot write, is counted and follows as a {@link FlowLoss} of {@link
 * FlowLoss.Place#SPOOL}.
 *
 * <p>One thread reports; any thread may call the other methods.
 */
public final class KafkaFlows implements FlowSink<IOException>, AutoCloseable {
    private static final Logger LOG = System.getLogger(KafkaFlows.class.getName());
    private static final long MILLION = 1_000_000;

    private final KafkaFlowsOptions options;
    private final Spool spool;
    private final Sender sender;
    private FlowTime lastWritten;
    private long unwritten;
    private long unwrittenEnds;
    private long unspooledEnds;
    private final LossSums droppedLosses = new LossSums();
    private long lostEntries;

    private KafkaFlows(KafkaFlowsOptions options, Spool spool, Sender sender) {
        this.options = options;
        this.spool = spool;
        this.sender = sender;
        lastWritten = now();
        spool.onDrop(droppedLosses::take);
    }

    /**
     * Opens the spool, and begins to send what is in it. The brokers may be away.
     *
     * @param options the options
     * @return an open sink; the caller closes it
     * @throws IOException if the spool cannot be opened, or a property of the producer is wrong
     */
    public static KafkaFlows open(KafkaFlowsOptions options) throws IOException {
        return open(options, () -> {
            Map<String, Object> properties = new HashMap<>(options.producer());
            return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        });
    }

    static KafkaFlows open(KafkaFlowsOptions options, Supplier<Producer<byte[], byte[]>> producer) throws IOException {
        Spool spool = Spool.open(options.spool(), options.limits(), options.clock());
        boolean opened = false;
        try {
            Sender sender = new Sender(options, spool, producer);
            sender.start();
            opened = true;
            return new KafkaFlows(options, spool, sender);
        } catch (KafkaException e) {
            throw new IOException("configure the Kafka producer: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                spool.close();
            }
        }
    }

    /**
     * Puts a report into the spool. If that fails, as on a full disk, the report is lost and counted, and the number
     * follows as a loss once writing succeeds.
     *
     * @param report the report
     * @throws IOException if the sink is closed
     */
    @Override
    public synchronized void report(FlowReport report) throws IOException {
        if (sender.isClosed()) {
            throw new IOException("the sink of " + options.spool() + " is closed");
        }
        boolean ends = report instanceof FlowRecord last && !last.isOpen();
        try {
            reportDropped();
            write(report);
            lastWritten = now();
            sender.wake();
        } catch (IOException e) {
            unwritten++;
            unwrittenEnds += ends ? 1 : 0;
            unspooledEnds += ends ? 1 : 0;
            if (report instanceof FlowLoss loss) {
                droppedLosses.add(loss);
            }
            if (unwritten == 1) {
                LOG.log(
                        Level.WARNING,
                        "the spool " + options.spool() + " cannot be written, records are lost: " + e.getMessage());
            }
        }
    }

    private void write(FlowReport report) throws IOException {
        if (report instanceof FlowRecord record) {
            spool.append(
                    record.isOpen() ? EntryKind.INTERVAL.number() : EntryKind.END.number(),
                    FlowMessages.toMessage(record).toBuilder()
                            .setSpoolMadeNs(spool.made() * MILLION)
                            .setSpoolNumber(spool.end())
                            .build()
                            .toByteArray());
        } else if (report instanceof FlowLoss loss) {
            append(EntryKind.LEDGER, LedgerMessage.newBuilder().setLoss(FlowMessages.toMessage(loss)));
        }
    }

    private void append(EntryKind kind, LedgerMessage.Builder message) throws IOException {
        message.setHost(options.host()).setSpoolMadeNs(spool.made() * MILLION).setSpoolNumber(spool.end());
        spool.append(kind.number(), message.build().toByteArray());
    }

    /** Reports what could not be written, or was dropped at a limit, before what follows. */
    private void reportDropped() throws IOException {
        long[] dropped = spool.takeDropped();
        long entries = unwritten;
        long ends = unwrittenEnds + dropped[EntryKind.END.number()];
        for (long number : dropped) {
            entries += number;
        }
        if (entries > 0) {
            LOG.log(
                    Level.WARNING,
                    entries + " reports were lost at the spool " + options.spool() + ", among them the ends of " + ends
                            + " flows");
            FlowLoss loss = new FlowLoss(options.host(), FlowLoss.Place.SPOOL, lastWritten, now(), entries, 0, 0, ends);
            unwritten = entries; // if it cannot be written now
            unwrittenEnds = ends;
            append(EntryKind.LEDGER, LedgerMessage.newBuilder().setLoss(FlowMessages.toMessage(loss)));
            lostEntries += entries;
            unwritten = 0;
            unwrittenEnds = 0;
        }
        for (FlowLoss loss = droppedLosses.poll(); loss != null; loss = droppedLosses.poll()) {
            boolean appended = false;
            try {
                append(EntryKind.LEDGER, LedgerMessage.newBuilder().setLoss(FlowMessages.toMessage(loss)));
                appended = true;
            } finally {
                if (!appended) {
                    droppedLosses.add(loss);
                }
            }
        }
    }

    /**
     * Puts a meter's counts into the spool, for the account of the host.
     *
     * @param meterStart when the meter was opened, as in its records
     * @param counts its counts
     * @param kernelConnections the number of connections that the kernel has made, if a rule counts them
     * @throws IOException if it cannot be written
     */
    public synchronized void counts(long meterStart, FlowStatistics counts, OptionalLong kernelConnections)
            throws IOException {
        spool.drop();
        reportDropped();
        CountsMessage.Builder message = CountsMessage.newBuilder()
                .setMeterStartNs(meterStart)
                .setTimeNs(now().epochNanos())
                .setBegun(counts.begun())
                .setJoined(counts.joined())
                .setFound(counts.found())
                .setFoundAtEnd(counts.foundAtEnd())
                .setEnded(counts.ended())
                .setLostSight(counts.lostSight())
                .setUnseen(counts.unseen())
                .setUntracked(counts.untracked())
                .setOpen(counts.open())
                .setSpooledEnds(spooledEnds());
        kernelConnections.ifPresent(message::setKernelConnections);
        append(EntryKind.LEDGER, LedgerMessage.newBuilder().setCounts(message));
        sender.wake();
    }

    private FlowTime now() {
        Instant now = options.clock().instant();
        return FlowTime.atReceipt(TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano());
    }

    /**
     * The last records of flows that were put into the spool since it was made, also by earlier processes.
     *
     * @return a count
     */
    public long spooledEnds() {
        return spool.appended(EntryKind.END.number());
    }

    /**
     * The last records of flows that could not be put into the spool since this was opened, as on a full disk. A loss of
     * {@link FlowLoss.Place#SPOOL} reports them, which the next successful {@link #counts} has written at the latest.
     *
     * @return a count
     */
    public synchronized long unspooledEnds() {
        return unspooledEnds;
    }

    /**
     * The losses and counts that were put into the spool since it was made, also by earlier processes. With it an
     * application finds out after a restart whether a loss was the last thing that it reported.
     *
     * @return a count
     */
    public long spooledLedgerEntries() {
        return spool.appended(EntryKind.LEDGER.number());
    }

    /**
     * When the spool was made, as in its entries.
     *
     * @return nanoseconds since 1970
     */
    public long spoolMade() {
        return spool.made() * MILLION;
    }

    /**
     * What the sink has done and what waits.
     *
     * @return a snapshot
     */
    public synchronized KafkaStatistics statistics() {
        return new KafkaStatistics(
                sender.stored(),
                spool.end() - spool.acknowledged(),
                spool.bytes(),
                lostEntries + unwritten + sender.refused(),
                sender.failures(),
                sender.problem());
    }

    /**
     * Waits until the brokers have stored all that was reported before.
     *
     * @param timeout the longest wait
     * @return whether they have
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean await(Duration timeout) throws InterruptedException {
        return sender.await(spool.end(), timeout);
    }

    /**
     * Ends the thread that sends, and closes the spool. What the brokers have not stored stays in the spool. Waits for
     * sends in progress, five seconds at most. Idempotent.
     *
     * @throws IOException if a file of the spool cannot be closed
     */
    @Override
    public void close() throws IOException {
        sender.close();
        spool.close();
    }
}
