package dev.nfkit.samples.cli;

import picocli.CommandLine.Option;

/** What to print while it runs. */
final class PrintArguments {
    @Option(names = "--json", description = "Print each packet as a JSON object, one a line.")
    private boolean json;

    @Option(names = "-q", description = "Show no counters while it runs.")
    private boolean quiet;

    boolean json() {
        return json;
    }

    boolean quiet() {
        return quiet;
    }
}
