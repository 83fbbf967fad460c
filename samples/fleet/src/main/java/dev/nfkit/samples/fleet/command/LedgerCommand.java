// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The ledger as a table. */
@Command(
        name = "ledger",
        description = "Prints the account of each host: connections made, stored and lost, by place.",
        mixinStandardHelpOptions = true)
final class LedgerCommand implements Callable<Integer> {
    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8018",
            description = "An instance; ${DEFAULT-VALUE} by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String server;

    @Option(names = "--host", paramLabel = "NAME", defaultValue = "", description = "One host; all by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String host;

    @Option(names = "--from", paramLabel = "TIME", defaultValue = "", description = "All that is kept by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String from;

    @Option(names = "--to", paramLabel = "TIME", defaultValue = "", description = "Now by default.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String to;

    @Option(names = "--json", description = "Prints the answer as it is.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        JsonNode answer = new QueryClient(server).ask("ledger", "host", host, "from", from, "to", to);
        System.out.print(json ? answer.toPrettyString() + "\n" : table(answer));
        return 0;
    }

    /** A line for each account. */
    static String table(JsonNode answer) {
        StringBuilder text = new StringBuilder(String.format(
                "%-16s %9s %9s %9s %8s %8s %8s %8s %8s %11s%n",
                "HOST", "MADE", "STORED", "OPEN", "SOCKET", "ABSENT", "SPOOL", "BROKER", "TRANSIT", "DIFFERENCE"));
        for (JsonNode account : answer.path("accounts")) {
            JsonNode total = account.path("total");
            text.append(String.format(
                    "%-16s %9d %9d %9d %8d %8d %8d %8d %8d %11d%n",
                    account.path("host").asText(),
                    total.path("made").asLong() + total.path("openBefore").asLong(),
                    total.path("stored").asLong(),
                    total.path("open").asLong(),
                    total.path("socket").asLong(),
                    total.path("meterAbsent").asLong(),
                    total.path("spool").asLong(),
                    total.path("broker").asLong(),
                    total.path("inTransit").asLong(),
                    total.path("difference").asLong()));
            if (total.path("uncountedLosses").asLong() > 0) {
                text.append("  losses whose size is not known: ")
                        .append(total.path("uncountedLosses").asLong())
                        .append('\n');
            }
        }
        answer.path("notStored")
                .properties()
                .forEach(fault -> text.append("not stored: ")
                        .append(fault.getKey().replace('\n', ' '))
                        .append(' ')
                        .append(fault.getValue().asLong())
                        .append('\n'));
        return text.toString();
    }
}
