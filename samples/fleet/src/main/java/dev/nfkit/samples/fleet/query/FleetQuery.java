// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.nfkit.samples.fleet.stream.Traffic;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.InvalidStateStoreException;

/**
 * Answers questions over HTTP, with JSON. An error is {@code {"error": {"code": "bad-port", "message": "..."}}}.
 *
 * <pre>{@code
 * GET /v1/endpoint?address=203.0.113.7&port=41234&at=12:03:07   connections that used it, each with all hosts that saw it
 * GET /v1/top?by=process&from=PT1H                          the names with most bytes; by=address too
 * GET /v1/ledger?host=fw1&from=PT1H                         the account of hosts, and what was not stored
 * GET /v1/status                                            the state of the job
 * }</pre>
 *
 * <p>Any instance answers: it asks the others for their partitions, at {@code /v1/local/}.
 */
public final class FleetQuery implements AutoCloseable {
    private static final Logger LOG = System.getLogger(FleetQuery.class.getName());
    private static final int THREADS = 4;
    private static final int MOST_HOSTS_OF_A_PATH = 16;
    private static final int MOST_CONNECTIONS = 1000;
    private static final Pattern NUMBERS = Pattern.compile("-?\\d{1,18}(,-?\\d{1,18}){0,10000}");

    private final Store store;
    private final Instances instances;
    private final ObjectMapper json = new ObjectMapper();
    private final HttpServer http;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    private FleetQuery(KafkaStreams streams, InetSocketAddress address, String server) throws IOException {
        store = new Store(streams);
        instances = new Instances(streams, server, store, json);
        http = HttpServer.create(address, 64);
        http.setExecutor(threads);
        route("/v1/endpoint", Set.of("address", "port", "at"), this::endpoint);
        route("/v1/top", Set.of("by", "from", "to", "host", "limit"), this::top);
        route("/v1/ledger", Set.of("host", "from", "to"), this::ledger);
        route(
                "/v1/status",
                Set.of(),
                parameters -> Map.of("state", streams.state().name()));
        route("/v1/local/sightings", Set.of("address", "port", "at"), this::localSightings);
        route("/v1/local/sums", Set.of("by", "from", "to"), this::localSums);
        route("/v1/local/ledger", Set.of("host"), this::localLedger);
        route("/v1/local/ends", Set.of("host", "spool", "bounds"), this::localEnds);
        route("/v1/local/faults", Set.of(), parameters -> store.faults());
        http.createContext("/", exchange -> refuse(exchange, new QueryException(404, "not-found", "no such question")));
    }

    /**
     * Begins to answer.
     *
     * @param streams the job
     * @param address where to listen
     * @param server where the other instances reach this one, as in the configuration of the job
     * @return the server, which the caller closes
     * @throws IOException if the address is in use
     */
    public static FleetQuery start(KafkaStreams streams, InetSocketAddress address, String server) throws IOException {
        FleetQuery query = new FleetQuery(streams, address, server);
        query.http.start();
        return query;
    }

    private interface Question {
        Object answer(Parameters parameters) throws QueryException;
    }

    private void route(String path, Set<String> parameters, Question question) {
        http.createContext(path, exchange -> {
            try {
                if (!exchange.getRequestURI().getPath().equals(path)) {
                    throw new QueryException(404, "not-found", "no such question");
                }
                if (!exchange.getRequestMethod().equals("GET")) {
                    throw new QueryException(405, "bad-method", "the method is GET");
                }
                Parameters verified = new Parameters(exchange.getRequestURI(), parameters, Instant.now());
                send(exchange, 200, question.answer(verified));
            } catch (QueryException e) {
                refuse(exchange, e);
            } catch (InvalidStateStoreException e) {
                refuse(exchange, new QueryException(503, "not-ready", "the stores have moved: try again"));
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "a query failed: " + path, e);
                refuse(exchange, new QueryException(500, "internal", "the query failed: see the log of the instance"));
            }
        });
    }

    private void refuse(HttpExchange exchange, QueryException e) throws IOException {
        send(
                exchange,
                e.status(),
                Map.of("error", Map.of("code", e.code(), "message", String.valueOf(e.getMessage()))));
    }

    private void send(HttpExchange exchange, int status, Object body) throws IOException {
        byte[] bytes = (json.writerWithDefaultPrettyPrinter().writeValueAsString(body) + "\n")
                .getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private Object endpoint(Parameters parameters) throws QueryException {
        InetAddress address = parameters.address("address");
        int port = parameters.number("port", 0, 0xffff).orElse(-1);
        Instant at = parameters.time("at", parameters.now());
        List<Map<String, Object>> connections = new ArrayList<>();
        Set<String> shown = new HashSet<>();
        List<Sighting> found = instances.sightings(address, port, at);
        for (Sighting sighting : found) {
            if (shown.contains(sighting.host() + sighting.flow())) {
                continue;
            }
            if (connections.size() >= MOST_CONNECTIONS) {
                break;
            }
            List<Sighting> path = path(sighting, at);
            path.forEach(part -> shown.add(part.host() + part.flow()));
            connections.add(Map.of("hosts", path));
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("address", address.getHostAddress());
        if (port >= 0) {
            answer.put("port", port);
        }
        answer.put("at", at.toString());
        answer.put("connections", connections);
        return answer;
    }

    /** All that hosts saw of a connection: each forwards what another sent, translated or not. */
    private List<Sighting> path(Sighting first, Instant at) throws QueryException {
        List<Sighting> path = new ArrayList<>(List.of(first));
        for (int i = 0; i < path.size() && path.size() < MOST_HOSTS_OF_A_PATH; i++) {
            Sighting known = path.get(i);
            Set<Sighting.Ends> sides = new java.util.LinkedHashSet<>(List.of(known.before(), known.after()));
            for (Sighting.Ends side : sides) {
                for (Sighting other : instances.sightings(address(side.source()), side.sourcePort(), at)) {
                    if (other.joins(known)
                            && path.stream().noneMatch(part -> part.host().equals(other.host()))) {
                        path.add(other);
                    }
                }
            }
        }
        path.sort(Comparator.comparing(Sighting::start));
        return path;
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException(literal, e);
        }
    }

    private Object top(Parameters parameters) throws QueryException {
        String by = parameters.oneOf("by", Set.of("address", "process"), "process");
        Instant from = parameters.time("from", parameters.now().minus(1, ChronoUnit.HOURS));
        Instant to = parameters.time("to", parameters.now());
        String host = parameters.text("host").orElse("");
        int limit = parameters.number("limit", 1, 1000).orElse(10);
        if (to.isBefore(from)) {
            throw QueryException.wrong("to", "not before from", to.toString());
        }
        Instant minute = from.truncatedTo(ChronoUnit.MINUTES);
        Map<String, Top> best = new HashMap<>();
        instances.sums(by, minute, to).forEach((name, traffic) -> {
            int line = name.indexOf('\n');
            Top one = new Top(
                    name.substring(line + 1),
                    name.substring(0, line),
                    traffic.bytes(),
                    traffic.packets(),
                    traffic.ended());
            if (host.isEmpty() || host.equals(one.host())) {
                // Several hosts see an address that sends through them: the one that saw most counts.
                String key = by.equals("address") ? one.name() : name;
                best.merge(key, one, (a, b) -> a.bytes() >= b.bytes() ? a : b);
            }
        });
        List<Top> sorted = best.values().stream()
                .sorted(Comparator.comparingLong(Top::bytes).reversed().thenComparing(Top::name))
                .limit(limit)
                .toList();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("by", by);
        answer.put("from", minute.toString());
        answer.put("to", to.toString());
        answer.put("top", sorted);
        return answer;
    }

    /**
     * A name with its traffic.
     *
     * @param name an address or process
     * @param host which saw it
     * @param bytes of both directions
     * @param packets of both directions
     * @param ended connections
     */
    record Top(String name, String host, long bytes, long packets, long ended) {}

    private Object ledger(Parameters parameters) throws QueryException {
        Instant from = parameters.time("from", Instant.EPOCH);
        Instant to = parameters.time("to", parameters.now());
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put(
                "accounts", Ledger.accounts(instances, parameters.text("host").orElse(""), from, to));
        answer.put("notStored", instances.faults());
        return answer;
    }

    private Object localSightings(Parameters parameters) throws QueryException {
        return store.sightings(
                parameters.address("address"),
                parameters.number("port", 0, 0xffff).orElse(-1),
                parameters.time("at", parameters.now()));
    }

    private Object localSums(Parameters parameters) throws QueryException {
        Map<String, Traffic> sums = store.sums(
                parameters.oneOf("by", Set.of("address", "process"), "process"),
                parameters.time("from", parameters.now()),
                parameters.time("to", parameters.now()));
        return sums;
    }

    private Object localLedger(Parameters parameters) throws QueryException {
        return Instances.messages(store.ledger(parameters.text("host").orElse("")));
    }

    private Object localEnds(Parameters parameters) throws QueryException {
        String spool = parameters.text("spool").orElse("");
        String bounds = parameters.text("bounds").orElse("");
        if (!NUMBERS.matcher(bounds).matches() || !spool.matches("\\d{1,19}")) {
            throw QueryException.wrong("bounds", "numbers with commas between them", bounds);
        }
        String[] texts = bounds.split(",", -1);
        long[] numbers = new long[texts.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Long.parseLong(texts[i]);
        }
        return store.ends(new Store.Account(parameters.text("host").orElse(""), Long.parseLong(spool)), numbers);
    }

    /**
     * The port on which it listens.
     *
     * @return a port
     */
    public int port() {
        return http.getAddress().getPort();
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
    }
}
