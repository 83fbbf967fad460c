// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.nfkit.kafka.schema.FlowMessage;
import dev.nfkit.kafka.spool.Spool;
import dev.nfkit.kafka.spool.SpoolEntry;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/** The thread that sends what is in the spool. A failed send makes it begin again at the oldest entry that is not stored. */
final class Sender {
    private static final Logger LOG = System.getLogger(KafkaFlows.class.getName());

    /** A broker that is away for long does not make the memory grow. */
    private static final int MOST_IN_FLIGHT = 1 << 16;

    private static final Duration IDLE = Duration.ofMillis(100);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    /** A producer that the broker refused for certain reasons stays refused, so another one takes its place. */
    private static final int ATTEMPTS_WITH_ONE = 5;

    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final KafkaFlowsOptions options;
    private final Spool spool;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final InFlight inFlight;
    private final byte[] ledgerKey;
    private final Thread thread = new Thread(this::run, "nfkit-kafka");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final AtomicLong stored = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private Producer<byte[], byte[]> producer;
    private Duration pause = FIRST_PAUSE;
    private int attempts;
    private volatile boolean closed;
    private volatile boolean woken;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable String problem;

    Sender(KafkaFlowsOptions options, Spool spool, Supplier<Producer<byte[], byte[]>> producers) {
        this.options = options;
        this.spool = spool;
        this.producers = producers;
        producer = producers.get();
        inFlight = new InFlight(spool.acknowledged());
        ledgerKey = options.host().getBytes(StandardCharsets.UTF_8);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (!closed) {
            try {
                Throwable failed = failure;
                if (failed != null) {
                    recover(failed);
                } else if (inFlight.count() >= MOST_IN_FLIGHT || !sendNext()) {
                    acknowledge();
                    idle();
                }
            } catch (Throwable e) { // the thread must go on, whatever it is
                failure = e;
            }
        }
    }

    /** Sends the next entry. Returns false if there is none. */
    @SuppressWarnings("FutureReturnValueIgnored") // the callback gets the outcome
    private boolean sendNext() throws IOException {
        Optional<SpoolEntry> next = spool.next();
        if (next.isEmpty()) {
            return false;
        }
        SpoolEntry entry = next.get();
        long number = entry.number();
        inFlight.sent(number);
        producer.send(record(entry), (metadata, e) -> {
            if (e == null) {
                stored.incrementAndGet();
                inFlight.stored(number);
                problem = null;
            } else if (e instanceof RecordTooLargeException) {
                LOG.log(Level.ERROR, "a report is larger than the broker accepts and is lost: " + e.getMessage());
                refused.incrementAndGet();
                inFlight.stored(number);
            } else {
                failure = e;
            }
        });
        if (number % 1024 == 0) {
            acknowledge();
        }
        return true;
    }

    private ProducerRecord<byte[], byte[]> record(SpoolEntry entry) throws IOException {
        if (entry.kind() == EntryKind.LEDGER.number()) {
            return new ProducerRecord<>(options.ledgerTopic(), ledgerKey, entry.content());
        }
        return new ProducerRecord<>(options.flowTopic(), flowId(entry.content()), entry.content());
    }

    /** The flow's id in its message, without reading the rest. */
    private static byte[] flowId(byte[] message) throws IOException {
        CodedInputStream input = CodedInputStream.newInstance(message);
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == FlowMessage.FLOW_ID_FIELD_NUMBER) {
                return input.readByteArray();
            }
            input.skipField(tag);
        }
        throw new IOException("the spool has a flow without its id");
    }

    private void acknowledge() throws IOException {
        long oldest = inFlight.advance();
        if (oldest > spool.acknowledged()) {
            spool.acknowledge(oldest);
            pause = FIRST_PAUSE;
            attempts = 0;
            signal();
        }
    }

    /** Waits for what is in flight, and begins again at the oldest entry that is not stored, after a pause. */
    private void recover(Throwable failed) throws IOException {
        failures.incrementAndGet();
        String message = failed.getClass().getSimpleName() + ": " + failed.getMessage();
        if (!message.equals(problem)) {
            LOG.log(
                    Level.WARNING,
                    "the brokers do not take flow records, which stay in the spool " + options.spool() + ": "
                            + message);
        }
        problem = message;
        try {
            producer.flush();
        } catch (KafkaException e) {
            LOG.log(Level.DEBUG, "flush", e);
        }
        if (++attempts % ATTEMPTS_WITH_ONE == 0) {
            producer.close(Duration.ZERO);
            producer = producers.get();
        }
        acknowledge();
        sleep(pause, false);
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
        failure = null;
        spool.seek(Math.max(inFlight.restart(), spool.acknowledged()));
    }

    /** Waits for more entries. */
    private void idle() {
        sleep(IDLE, true);
    }

    private void sleep(Duration time, boolean untilWoken) {
        lock.lock();
        try {
            long left = time.toNanos();
            while (left > 0 && !closed && !(untilWoken && woken)) {
                left = changed.awaitNanos(left);
            }
            woken = false;
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** There are more entries. It does not wait: the thread looks again soon in any case. */
    void wake() {
        if (!woken && lock.tryLock()) {
            try {
                woken = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all entries before a number are stored. */
    boolean await(long number, Duration timeout) throws InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (spool.acknowledged() < number && !closed) {
                if (left <= 0) {
                    return false;
                }
                long part = Math.min(left, IDLE.toNanos());
                left -= part - changed.awaitNanos(part);
            }
            return spool.acknowledged() >= number;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    long stored() {
        return stored.get();
    }

    /** Reports that the brokers will never take. */
    long refused() {
        return refused.get();
    }

    long failures() {
        return failures.get();
    }

    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        signal();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(CLOSE);
        spool.acknowledge(inFlight.advance());
    }
}
