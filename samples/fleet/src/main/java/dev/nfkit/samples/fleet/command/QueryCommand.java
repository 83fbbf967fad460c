// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Questions about the records. */
@Command(
        name = "query",
        description = "Asks an instance of the job. Answers are JSON.",
        mixinStandardHelpOptions = true)
final class QueryCommand {
    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8018",
            description = "An instance; ${DEFAULT-VALUE} by default.",
            scope = picocli.CommandLine.ScopeType.INHERIT)
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String server;

    @Command(description = "Which connections used an address and port, before or after translation.")
    int endpoint(
            @Parameters(paramLabel = "ADDRESS[:PORT]", description = "An IPv6 address with a port is in brackets.")
                    String used,
            @Option(
                            names = "--at",
                            paramLabel = "TIME",
                            defaultValue = "",
                            description = "Such as 12:03:07 (UTC), 2026-12-01T12:03:07Z or PT5M; now by default.")
                    String at)
            throws Exception {
        String address = used;
        String port = "";
        int colon = used.lastIndexOf(':');
        if (used.startsWith("[") && used.contains("]:")) {
            address = used.substring(1, used.indexOf(']'));
            port = used.substring(used.indexOf(']') + 2);
        } else if (colon > 0 && used.indexOf(':') == colon) {
            address = used.substring(0, colon);
            port = used.substring(colon + 1);
        }
        return print(new QueryClient(server).ask("endpoint", "address", address, "port", port, "at", at));
    }

    @Command(description = "The processes or addresses with most bytes.")
    int top(
            @Option(
                            names = "--by",
                            paramLabel = "process|address",
                            defaultValue = "process",
                            description = "${DEFAULT-VALUE} by default.")
                    String by,
            @Option(
                            names = "--from",
                            paramLabel = "TIME",
                            defaultValue = "PT1H",
                            description = "${DEFAULT-VALUE} ago by default.")
                    String from,
            @Option(names = "--to", paramLabel = "TIME", defaultValue = "", description = "Now by default.") String to,
            @Option(names = "--host", paramLabel = "NAME", defaultValue = "", description = "One host; all by default.")
                    String host,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "10",
                            description = "${DEFAULT-VALUE} by default.")
                    String limit)
            throws Exception {
        return print(
                new QueryClient(server).ask("top", "by", by, "from", from, "to", to, "host", host, "limit", limit));
    }

    private static int print(JsonNode answer) {
        System.out.println(answer.toPrettyString());
        return 0;
    }
}
