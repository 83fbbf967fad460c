// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import dev.nfkit.kafka.spool.SpoolLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The options of {@link KafkaFlows}. Immutable. */
public final class KafkaFlowsOptions {
    private final String host;
    private final Path spool;
    private final SpoolLimits limits;
    private final String flowTopic;
    private final String ledgerTopic;
    private final Map<String, Object> producer;
    private final InstantSource clock;

    private KafkaFlowsOptions(Builder builder) {
        host = builder.host;
        spool = builder.spool;
        limits = builder.limits;
        flowTopic = builder.flowTopic;
        ledgerTopic = builder.ledgerTopic;
        producer = Map.copyOf(builder.producer);
        clock = builder.clock;
    }

    /**
     * Begins with the defaults.
     *
     * @param brokers the brokers to begin with, such as {@code kafka1:9092,kafka2:9092}
     * @param host the host's name, as in its records
     * @param spool the directory of the spool
     * @return a builder
     */
    public static Builder builder(String brokers, String host, Path spool) {
        return new Builder(brokers, host, spool);
    }

    /**
     * The host's name.
     *
     * @return as in its records
     */
    public String host() {
        return host;
    }

    /**
     * The directory of the spool.
     *
     * @return a path
     */
    public Path spool() {
        return spool;
    }

    /**
     * The limits of the spool.
     *
     * @return size and age
     */
    public SpoolLimits limits() {
        return limits;
    }

    /**
     * The topic of flows.
     *
     * @return its name
     */
    public String flowTopic() {
        return flowTopic;
    }

    /**
     * The topic of losses and counts.
     *
     * @return its name
     */
    public String ledgerTopic() {
        return ledgerTopic;
    }

    /**
     * What Kafka's producer is configured with.
     *
     * @return unmodifiable
     */
    public Map<String, Object> producer() {
        return producer;
    }

    /**
     * The clock of the spool.
     *
     * @return the clock
     */
    public InstantSource clock() {
        return clock;
    }

    /** Collects the options. One thread at a time. */
    public static final class Builder {
        private final String host;
        private final Path spool;
        private SpoolLimits limits = SpoolLimits.standard();
        private String flowTopic = "nfkit-flows";
        private String ledgerTopic = "nfkit-ledger";
        private final Map<String, Object> producer = new HashMap<>();
        private InstantSource clock = Clock.systemUTC();

        private Builder(String brokers, String host, Path spool) {
            this.host = Objects.requireNonNull(host, "host");
            this.spool = Objects.requireNonNull(spool, "spool");
            producer.put("bootstrap.servers", Objects.requireNonNull(brokers, "brokers"));
            producer.put("client.id", "nfkit-" + host);
            producer.put("linger.ms", 20);
            producer.put("batch.size", 256 << 10);
            producer.put("compression.type", "lz4");
            producer.put("max.block.ms", 5000L);
        }

        /**
         * The limits of the spool; 1 GiB and 7 days by default.
         *
         * @param most size and age
         * @return this builder
         */
        public Builder limits(SpoolLimits most) {
            limits = most;
            return this;
        }

        /**
         * The topics; {@code nfkit-flows} and {@code nfkit-ledger} by default. Flows are keyed by their id, so that the
         * records of one are in order.
         *
         * @param flows the topic of flows
         * @param ledger the topic of losses and counts
         * @return this builder
         */
        public Builder topics(String flows, String ledger) {
            flowTopic = Objects.requireNonNull(flows, "flows");
            ledgerTopic = Objects.requireNonNull(ledger, "ledger");
            return this;
        }

        /**
         * Sets a property of Kafka's producer, such as {@code security.protocol}. That it is idempotent and waits for all
         * replicas cannot be changed.
         *
         * @param name its name
         * @param value its value
         * @return this builder
         */
        public Builder producer(String name, Object value) {
            producer.put(name, value);
            return this;
        }

        /**
         * The clock of the spool; the system's by default.
         *
         * @param source the clock
         * @return this builder
         */
        public Builder clock(InstantSource source) {
            clock = source;
            return this;
        }

        /**
         * Makes the options.
         *
         * @return immutable options
         */
        public KafkaFlowsOptions build() {
            producer.put("acks", "all");
            producer.put("enable.idempotence", true);
            return new KafkaFlowsOptions(this);
        }
    }
}
