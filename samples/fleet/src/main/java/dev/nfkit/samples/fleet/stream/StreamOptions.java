// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;

/**
 * How an instance of the job runs.
 *
 * @param brokers the brokers to begin with
 * @param state the directory of its stores; each instance has its own
 * @param server where the other instances reach its queries, as {@code host:port}
 * @param retention how long records and the ledger can be queried
 * @param replicas copies of the internal topics; −1 for the brokers' default
 */
public record StreamOptions(String brokers, Path state, String server, Duration retention, int replicas) {
    private static final Duration LEAST_RETENTION = Duration.ofMinutes(10);

    /**
     * Verifies the range.
     *
     * @throws IllegalArgumentException if the retention is out of range
     */
    public StreamOptions {
        if (retention.compareTo(LEAST_RETENTION) < 0 || retention.compareTo(Duration.ofDays(3650)) > 0) {
            throw new IllegalArgumentException("retention is from PT10M to P3650D, not " + retention);
        }
    }

    /**
     * The configuration of Kafka Streams. It is at least once: after a kill, the last half second is read again, and the
     * numbers that were received show what is known already. Transactions would delay the job by a minute when a broker
     * that is the only one ends.
     *
     * @return properties
     */
    public Properties properties() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "nfkit-fleet");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        properties.put(StreamsConfig.APPLICATION_SERVER_CONFIG, server);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 32L << 20);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, replicas);
        properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        properties.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 6_000);
        properties.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), 1_500);
        return properties;
    }
}
