// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.kafka.FlowMessages;
import dev.nfkit.kafka.schema.LedgerMessage;
import dev.nfkit.samples.fleet.stream.Faults;
import dev.nfkit.samples.fleet.stream.FleetTopology;
import dev.nfkit.samples.fleet.stream.Keys;
import dev.nfkit.samples.fleet.stream.Received;
import dev.nfkit.samples.fleet.stream.Traffic;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreType;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyWindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** Reads the stores of this instance: those of its partitions. Any thread. */
final class Store {
    /** Clocks of hosts differ by up to this. */
    static final Duration CLOCKS = Duration.ofSeconds(2);

    /** A query reads at most this number of flows of an endpoint. */
    private static final int MOST_FLOWS = 5_000;

    /** A query sums at most this number of names; the smallest are left out. */
    private static final int MOST_NAMES = 100_000;

    private static final byte[] LEAST_ID = new byte[16];
    private static final byte[] MOST_ID = new byte[16];

    static {
        java.util.Arrays.fill(MOST_ID, (byte) 0xff);
    }

    private final KafkaStreams streams;

    Store(KafkaStreams streams) {
        this.streams = streams;
    }

    private <T> T store(String name, QueryableStoreType<T> type) throws QueryException {
        try {
            return streams.store(StoreQueryParameters.fromNameAndType(name, type));
        } catch (InvalidStateStoreException e) {
            throw new QueryException(503, "not-ready", "the stores are being restored: try again");
        }
    }

    private ReadOnlyWindowStore<Bytes, byte[]> windows(String name) throws QueryException {
        return store(name, QueryableStoreTypes.windowStore());
    }

    private ReadOnlyKeyValueStore<Bytes, byte[]> values(String name) throws QueryException {
        return store(name, QueryableStoreTypes.keyValueStore());
    }

    /** What hosts saw of connections that used an address and port, or any port if it is negative, at a time. */
    List<Sighting> sightings(InetAddress address, int port, Instant time) throws QueryException {
        ReadOnlyWindowStore<Bytes, byte[]> endpoints = windows(FleetTopology.ENDPOINTS);
        Bytes from = Keys.endpoint(address, Math.max(port, 0), LEAST_ID);
        Bytes to = Keys.endpoint(address, port < 0 ? 0xffff : port, MOST_ID);
        Set<Bytes> flows = new LinkedHashSet<>();
        try (KeyValueIterator<Windowed<Bytes>, byte[]> found =
                endpoints.fetch(from, to, time.minus(CLOCKS), Instant.ofEpochMilli(Long.MAX_VALUE))) {
            take(found, flows);
        }
        try (KeyValueIterator<Windowed<Bytes>, byte[]> found =
                endpoints.backwardFetch(from, to, Instant.EPOCH, time.minus(CLOCKS))) {
            take(found, flows);
        }
        List<Sighting> sightings = new ArrayList<>();
        for (Bytes flow : flows) {
            Sighting sighting = sighting(flow);
            if (sighting != null && sighting.livesAt(time) && sighting.uses(address, port)) {
                sightings.add(sighting);
            }
        }
        return sightings;
    }

    private static void take(KeyValueIterator<Windowed<Bytes>, byte[]> found, Set<Bytes> flows) {
        while (found.hasNext() && flows.size() < MOST_FLOWS) {
            flows.add(Keys.flow(found.next().key.key()));
        }
    }

    private @org.jspecify.annotations.Nullable Sighting sighting(Bytes flow) throws QueryException {
        FlowRecord latest = null;
        try (WindowStoreIterator<byte[]> records =
                windows(FleetTopology.FLOWS).fetch(flow, Instant.EPOCH, Instant.ofEpochMilli(Long.MAX_VALUE))) {
            while (records.hasNext()) {
                FlowRecord record = FlowMessages.readFlow(records.next().value);
                if (latest == null || ORDER.compare(record, latest) > 0) {
                    latest = record;
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("the store has a record that cannot be read", e);
        }
        return latest == null ? null : Sighting.of(latest);
    }

    private static final Comparator<FlowRecord> ORDER =
            Comparator.comparingLong(FlowRecord::meterStart).thenComparingLong(FlowRecord::sequence);

    /** The traffic of a time, by host and name. */
    Map<String, Traffic> sums(String kind, Instant from, Instant to) throws QueryException {
        Map<String, Traffic> sums = new HashMap<>();
        try (KeyValueIterator<Windowed<Bytes>, byte[]> all =
                windows(FleetTopology.SUMS).fetchAll(from, to)) {
            while (all.hasNext()) {
                KeyValue<Windowed<Bytes>, byte[]> next = all.next();
                String name = Keys.host(next.key.key());
                if (name.startsWith(kind + '\n')) {
                    sums.merge(name.substring(kind.length() + 1), Traffic.read(next.value), Traffic::plus);
                    if (sums.size() > MOST_NAMES) {
                        keepLargest(sums);
                    }
                }
            }
        }
        return sums;
    }

    private static void keepLargest(Map<String, Traffic> sums) {
        long median = sums.values().stream()
                .mapToLong(Traffic::bytes)
                .sorted()
                .skip(sums.size() / 2)
                .findFirst()
                .orElse(0);
        sums.values().removeIf(traffic -> traffic.bytes() <= median);
    }

    /** The ledger entries of hosts, by host, spool and number. */
    Map<Account, NavigableMap<Long, LedgerMessage>> ledger(String host) throws QueryException {
        Map<Account, NavigableMap<Long, LedgerMessage>> accounts = new HashMap<>();
        ReadOnlyWindowStore<Bytes, byte[]> ledger = windows(FleetTopology.LEDGER);
        try (KeyValueIterator<Windowed<Bytes>, byte[]> all = host.isEmpty()
                ? ledger.all()
                : ledger.fetch(
                        Keys.host(host, 0, 0),
                        Keys.host(host, Long.MAX_VALUE, Long.MAX_VALUE),
                        Instant.EPOCH,
                        Instant.ofEpochMilli(Long.MAX_VALUE))) {
            while (all.hasNext()) {
                KeyValue<Windowed<Bytes>, byte[]> next = all.next();
                LedgerMessage message = LedgerMessage.parseFrom(next.value);
                accounts.computeIfAbsent(
                                new Account(message.getHost(), message.getSpoolMadeNs()), key -> new TreeMap<>())
                        .put(message.getSpoolNumber(), message);
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the store has a ledger entry that cannot be read", e);
        }
        return accounts;
    }

    /** The stored last records of an account whose numbers are in the ranges that end with each of the bounds. */
    long[] ends(Account account, long... bounds) throws QueryException {
        long[] ends = new long[bounds.length];
        try (KeyValueIterator<Bytes, byte[]> chunks = values(FleetTopology.RECEIVED)
                .range(
                        Keys.host(account.host(), account.spool(), 0, 0),
                        Keys.host(account.host(), account.spool(), Long.MAX_VALUE, Long.MAX_VALUE))) {
            while (chunks.hasNext()) {
                KeyValue<Bytes, byte[]> next = chunks.next();
                long chunk = Keys.number(next.key, 2, 3);
                Received received = new Received(next.value);
                long after = -1;
                for (int range = 0; range < bounds.length; range++) {
                    if (bounds[range] >= chunk * Received.NUMBERS && after < (chunk + 1) * Received.NUMBERS) {
                        ends[range] += received.ends(chunk, after, bounds[range]);
                    }
                    after = bounds[range];
                }
            }
        }
        return ends;
    }

    /** What was not stored, by kind and host. */
    Map<String, Long> faults() throws QueryException {
        Map<String, Long> counts = new TreeMap<>();
        for (String name : List.of(FleetTopology.FLOW_FAULTS, FleetTopology.LEDGER_FAULTS)) {
            try (KeyValueIterator<Bytes, byte[]> all = values(name).all()) {
                while (all.hasNext()) {
                    KeyValue<Bytes, byte[]> next = all.next();
                    counts.merge(Keys.host(next.key).trim(), Faults.number(next.value), Long::sum);
                }
            }
        }
        return counts;
    }

    /**
     * The account of a host.
     *
     * @param host the host
     * @param spool when its spool was made, in nanoseconds since 1970
     */
    record Account(String host, long spool) {}
}
