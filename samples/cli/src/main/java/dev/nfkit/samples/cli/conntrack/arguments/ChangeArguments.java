// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.run.Failure;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The properties of a connection that can be set but not filtered by. */
public final class ChangeArguments {
    private static final long U32_MAX = 0xffff_ffffL;
    private static final int LABELS = 128;

    @Option(
            names = {"-t", "--timeout"},
            paramLabel = "SECONDS",
            description = "The time after which the entry expires without a packet.")
    private @Nullable String timeout;

    @Option(names = "--label-add", split = ",", paramLabel = "LABEL", description = "Labels to set.")
    private List<String> labelsToAdd = List.of();

    @Option(
            names = "--label-del",
            split = ",",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "LABEL",
            description = "Labels to clear; all if none is named.")
    private @Nullable List<String> labelsToDelete;

    /** The timeout. */
    public Optional<Duration> timeout() throws Failure {
        return timeout == null
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(NumberArgument.parse("-t", timeout, U32_MAX)));
    }

    /** The labels to set. */
    BitSet labelsToAdd(LabelNames names) throws Failure {
        return names.parse("--label-add", labelsToAdd);
    }

    /** The labels to clear. */
    BitSet labelsToDelete(LabelNames names) throws Failure {
        List<String> words = labelsToDelete == null ? List.of() : labelsToDelete;
        if (words.contains("")) {
            BitSet all = new BitSet();
            all.set(0, LABELS);
            return all;
        }
        return names.parse("--label-del", words);
    }
}
