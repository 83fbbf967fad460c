// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks an instance. */
final class QueryClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI server;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    QueryClient(String server) {
        try {
            this.server = URI.create("http://" + server + "/v1/");
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--server is HOST:PORT, not " + server, e);
        }
    }

    /** Asks a question with parameters: names and values in turn. Empty values are left out. */
    JsonNode ask(String question, String... parameters) throws IOException, InterruptedException {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < parameters.length; i += 2) {
            if (!parameters[i + 1].isEmpty()) {
                parts.add(parameters[i] + "=" + URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
            }
        }
        URI uri = server.resolve(question + (parts.isEmpty() ? "" : "?" + String.join("&", parts)));
        HttpResponse<byte[]> response;
        try {
            response = client.send(
                    HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new IOException(
                    "ask " + server.getAuthority() + ": " + (e.getMessage() == null ? "no connection" : e.getMessage()),
                    e);
        }
        JsonNode answer;
        try {
            answer = JSON.readTree(response.body());
        } catch (IOException e) {
            throw new IOException(server.getAuthority() + " is no instance of the fleet", e);
        }
        if (response.statusCode() != 200) {
            throw new IOException(answer.path("error").path("code").asText("error") + ": "
                    + answer.path("error").path("message").asText());
        }
        return answer;
    }
}
