// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.run.Failure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that captures packets that rules drop. */
final class DroppedArguments {
    @Option(
            names = "--dropped",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "MATCH",
            description =
                    "Capture packets that rules of nftables drop, with the rule, instead of logged ones: all, or those"
                            + " that a match of nft's language selects. They are traced from a table of this process; tables of"
                            + " others are not changed. A trace has headers only, so that files have at most 60 bytes of a packet.")
    private @Nullable String match;

    boolean given() {
        return match != null;
    }

    String match() {
        return match == null ? "" : match;
    }

    /** Refuses options that traced packets do not have. */
    static void check(Criteria stop, boolean logged, boolean files) throws Failure {
        if (logged) {
            throw Failure.usage("--dropped traces packets: -i, --rule and -s do not apply to it");
        }
        if (files || stop.files() > 0 || stop.bytes() > 0) {
            throw Failure.usage(
                    "--dropped writes one pcapng file: -b, -P, --raw, -a filesize and -a files do not apply");
        }
    }
}
