// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The job. Each partition of the flows has its own stores, and each of the ledger.
 *
 * <pre>{@code
 * nfkit-flows  --> flows  --> received    numbers of the spools: removes duplicates, counts what is stored
 *                         --> flows       the records
 *                         --> endpoints   address and port, before and after translation --> flow
 *                         --> sums        bytes by minute, host, and address or process
 *                         --> flow-faults
 * nfkit-ledger --> ledger --> ledger      losses and counts by host and number
 *                         --> ledger-faults
 * }</pre>
 *
 * <p>A query asks the instances of all partitions, and joins what hosts saw of one connection.
 */
public final class FleetTopology {
    /** Numbers of entries that were received: {@link Received} by host, spool, meter and chunk. */
    public static final String RECEIVED = "received";

    /** Records by flow and time. */
    public static final String FLOWS = "flows";

    /** Flows by address, port and time. */
    public static final String ENDPOINTS = "endpoints";

    /** {@link Traffic} by kind, host, name and minute. */
    public static final String SUMS = "sums";

    /** Counts of {@link Faults}. */
    public static final String FLOW_FAULTS = "flow-faults";

    /** Ledger messages by host, spool, number and time. */
    public static final String LEDGER = "ledger";

    /** Counts of {@link Faults}. */
    public static final String LEDGER_FAULTS = "ledger-faults";

    static final Duration MINUTE = Duration.ofMinutes(1);
    static final Duration CLOCK_SLACK = Duration.ofMinutes(1);

    private FleetTopology() {}

    /**
     * Makes the topology.
     *
     * @param flowTopic the topic of flows
     * @param ledgerTopic the topic of the ledger
     * @param retention how long records can be queried
     * @return the topology
     */
    public static Topology of(String flowTopic, String ledgerTopic, Duration retention) {
        var bytes = Serdes.ByteArray().deserializer();
        return new Topology()
                .addSource("flow-topic", bytes, bytes, flowTopic)
                .addProcessor("flow-processor", () -> new FlowProcessor(retention), "flow-topic")
                .addStateStore(keyed(RECEIVED), "flow-processor")
                .addStateStore(windowed(FLOWS, retention), "flow-processor")
                .addStateStore(windowed(ENDPOINTS, retention), "flow-processor")
                .addStateStore(windowed(SUMS, retention).withCachingEnabled(), "flow-processor")
                .addStateStore(keyed(FLOW_FAULTS), "flow-processor")
                .addSource("ledger-topic", bytes, bytes, ledgerTopic)
                .addProcessor("ledger-processor", LedgerProcessor::new, "ledger-topic")
                .addStateStore(windowed(LEDGER, retention), "ledger-processor")
                .addStateStore(keyed(LEDGER_FAULTS), "ledger-processor");
    }

    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> keyed(String name) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingEnabled();
    }

    private static StoreBuilder<WindowStore<Bytes, byte[]>> windowed(String name, Duration retention) {
        return Stores.windowStoreBuilder(
                Stores.persistentWindowStore(name, retention, MINUTE, false), Serdes.Bytes(), Serdes.ByteArray());
    }
}
