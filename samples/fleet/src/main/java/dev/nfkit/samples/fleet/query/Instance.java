// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import dev.nfkit.samples.fleet.broker.EmbeddedBroker;
import dev.nfkit.samples.fleet.stream.FleetTopology;
import dev.nfkit.samples.fleet.stream.StreamOptions;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** An instance of the job with its queries. The instances of a fleet share the partitions. */
public final class Instance implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Instance.class.getName());
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final int REACH_SECONDS = 15;

    private final KafkaStreams streams;
    private final FleetQuery query;
    private final CountDownLatch ended;
    private final AtomicReference<String> failure;

    private Instance(KafkaStreams streams, FleetQuery query, CountDownLatch ended, AtomicReference<String> failure) {
        this.streams = streams;
        this.query = query;
        this.ended = ended;
        this.failure = failure;
    }

    /**
     * Starts an instance.
     *
     * @param options how it runs
     * @param listen where its queries listen
     * @return the instance, which the caller closes
     * @throws IOException if the brokers do not answer or are of another version, or the address is in use
     */
    public static Instance start(StreamOptions options, InetSocketAddress listen) throws IOException {
        reach(options.brokers());
        KafkaStreams streams = new KafkaStreams(
                FleetTopology.of(EmbeddedBroker.FLOWS, EmbeddedBroker.LEDGER, options.retention()),
                options.properties());
        CountDownLatch ended = new CountDownLatch(1);
        AtomicReference<String> failure = new AtomicReference<>("");
        streams.setUncaughtExceptionHandler(e -> {
            LOG.log(Level.WARNING, "a thread of the job failed: " + e);
            if (e instanceof MissingSourceTopicException) {
                failure.set("the topics " + EmbeddedBroker.FLOWS + " and " + EmbeddedBroker.LEDGER + " do not exist");
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            }
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        streams.setStateListener((state, before) -> {
            if (state == KafkaStreams.State.NOT_RUNNING || state == KafkaStreams.State.ERROR) {
                ended.countDown();
            }
        });
        FleetQuery query;
        try {
            query = FleetQuery.start(streams, listen, options.server());
        } catch (IOException e) {
            streams.close();
            throw new IOException("listen on " + listen + ": " + e.getMessage(), e);
        }
        streams.start();
        return new Instance(streams, query, ended, failure);
    }

    private static void reach(String brokers) throws IOException {
        try (Admin admin = Admin.create(
                Map.of("bootstrap.servers", brokers, "default.api.timeout.ms", 10_000, "request.timeout.ms", 5_000))) {
            admin.describeCluster().clusterId().get(REACH_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException("the brokers " + brokers + " cannot be used: " + e.getMessage(), e);
        } catch (KafkaException e) {
            throw new IOException("the brokers " + brokers + " cannot be used: " + e.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IOException("the brokers " + brokers + " do not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * Whether all partitions of this instance can be queried.
     *
     * @return true once the stores are restored
     */
    public boolean isRunning() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    /**
     * Where the queries listen.
     *
     * @return a port
     */
    public int port() {
        return query.port();
    }

    /**
     * Waits until the job has ended.
     *
     * @return why it ended; empty if it was closed
     * @throws InterruptedException if the thread is interrupted
     */
    public String await() throws InterruptedException {
        ended.await();
        return String.valueOf(failure.get());
    }

    @Override
    public void close() {
        query.close();
        streams.close(CLOSE);
    }
}
