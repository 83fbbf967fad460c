// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.nfkit.kafka.schema.LedgerMessage;
import dev.nfkit.samples.fleet.stream.Traffic;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.state.HostInfo;

/**
 * Asks all instances of the job, each for its partitions, and merges the answers. An answer is complete or an error: if an
 * instance cannot be reached or still restores its stores, the question fails.
 */
final class Instances {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final KafkaStreams streams;
    private final HostInfo self;
    private final Store store;
    private final ObjectMapper json;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    Instances(KafkaStreams streams, String server, Store store, ObjectMapper json) {
        this.streams = streams;
        self = HostInfo.buildFromEndpoint(server);
        this.store = store;
        this.json = json;
    }

    /** What an instance answers, from its stores or over HTTP. */
    private interface Local<T> {
        T ask() throws QueryException;
    }

    private <T> List<T> all(String path, TypeReference<T> type, Local<T> local) throws QueryException {
        requireRunning();
        List<T> answers = new ArrayList<>();
        Collection<StreamsMetadata> instances = streams.metadataForAllStreamsClients();
        for (StreamsMetadata instance : instances) {
            if (instance.hostInfo().equals(self)) {
                answers.add(local.ask());
            } else if (!instance.topicPartitions().isEmpty()) {
                answers.add(remote(instance.hostInfo(), path, type));
            }
        }
        requireRunning(); // else a partition has moved meanwhile
        return answers;
    }

    private void requireRunning() throws QueryException {
        KafkaStreams.State state = streams.state();
        if (state != KafkaStreams.State.RUNNING) {
            throw new QueryException(
                    503, "not-ready", "the job is " + state.name().toLowerCase(Locale.ROOT) + ": try again");
        }
    }

    private <T> T remote(HostInfo instance, String path, TypeReference<T> type) throws QueryException {
        String server = instance.host() + ":" + instance.port();
        try {
            HttpResponse<byte[]> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + server + path))
                            .timeout(TIMEOUT)
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() == 200) {
                return json.readValue(response.body(), type);
            }
            throw new QueryException(503, "not-ready", "the instance " + server + " is not ready: try again");
        } catch (IOException e) {
            throw new QueryException(503, "instance-unreachable", "the instance " + server + " does not answer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QueryException(503, "interrupted", "the query was interrupted");
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    List<Sighting> sightings(InetAddress address, int port, Instant time) throws QueryException {
        String path = "/v1/local/sightings?address=" + encoded(address.getHostAddress())
                + (port < 0 ? "" : "&port=" + port) + "&at=" + time;
        List<Sighting> sightings = new ArrayList<>();
        all(path, new TypeReference<List<Sighting>>() {}, () -> store.sightings(address, port, time))
                .forEach(sightings::addAll);
        return sightings;
    }

    Map<String, Traffic> sums(String kind, Instant from, Instant to) throws QueryException {
        Map<String, Traffic> sums = new HashMap<>();
        for (Map<String, Traffic> part : all(
                "/v1/local/sums?by=" + kind + "&from=" + from + "&to=" + to,
                new TypeReference<Map<String, Traffic>>() {},
                () -> store.sums(kind, from, to))) {
            part.forEach((name, traffic) -> sums.merge(name, traffic, Traffic::plus));
        }
        return sums;
    }

    Map<Store.Account, NavigableMap<Long, LedgerMessage>> ledger(String host) throws QueryException {
        Map<Store.Account, NavigableMap<Long, LedgerMessage>> accounts = new HashMap<>();
        try {
            for (List<byte[]> part : all(
                    "/v1/local/ledger?host=" + encoded(host),
                    new TypeReference<List<byte[]>>() {},
                    () -> messages(store.ledger(host)))) {
                for (byte[] bytes : part) {
                    LedgerMessage message = LedgerMessage.parseFrom(bytes);
                    accounts.computeIfAbsent(
                                    new Store.Account(message.getHost(), message.getSpoolMadeNs()),
                                    key -> new TreeMap<>())
                            .put(message.getSpoolNumber(), message);
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new QueryException(503, "bad-answer", "an instance of another version has answered");
        }
        return accounts;
    }

    static List<byte[]> messages(Map<Store.Account, NavigableMap<Long, LedgerMessage>> accounts) {
        return accounts.values().stream()
                .flatMap(entries -> entries.values().stream())
                .map(LedgerMessage::toByteArray)
                .toList();
    }

    long[] ends(Store.Account account, long... bounds) throws QueryException {
        String numbers = LongStream.of(bounds).mapToObj(Long::toString).collect(Collectors.joining(","));
        long[] sums = new long[bounds.length];
        for (long[] part : all(
                "/v1/local/ends?host=" + encoded(account.host()) + "&spool=" + account.spool() + "&bounds=" + numbers,
                new TypeReference<long[]>() {},
                () -> store.ends(account, bounds))) {
            for (int range = 0; range < sums.length; range++) {
                sums[range] += part[range];
            }
        }
        return sums;
    }

    Map<String, Long> faults() throws QueryException {
        Map<String, Long> counts = new TreeMap<>();
        for (Map<String, Long> part :
                all("/v1/local/faults", new TypeReference<Map<String, Long>>() {}, store::faults)) {
            part.forEach((name, count) -> counts.merge(name, count, Long::sum));
        }
        return counts;
    }
}
