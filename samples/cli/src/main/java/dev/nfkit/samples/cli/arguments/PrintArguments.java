// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import picocli.CommandLine.Option;

/** What to print while a command runs. */
public final class PrintArguments {
    @Option(names = "--json", description = "Print each packet as a JSON object, one in each line.")
    private boolean json;

    @Option(names = "-q", description = "Do not show counters while running.")
    private boolean quiet;

    public boolean json() {
        return json;
    }

    public boolean quiet() {
        return quiet;
    }
}
