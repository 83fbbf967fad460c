// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The masks of addresses: of a filter, or of an expectation to be created. */
public final class MaskArguments {
    @Option(
            names = "--mask-src",
            paramLabel = "MASK",
            description =
                    "The bits of -s to compare, such as 255.255.255.0; with -I expect, of --tuple-src. All by default.")
    private @Nullable String source;

    @Option(
            names = "--mask-dst",
            paramLabel = "MASK",
            description = "The bits of -d to compare; with -I expect, of --tuple-dst. All by default.")
    private @Nullable String destination;

    /** The mask of the source. */
    GivenValue source() {
        return new GivenValue("--mask-src", source);
    }

    /** The mask of the destination. */
    GivenValue destination() {
        return new GivenValue("--mask-dst", destination);
    }

    /** The given masks, by option. */
    public Map<String, InetAddress> addresses() throws Failure {
        Map<String, InetAddress> addresses = new LinkedHashMap<>();
        source().putAddress(addresses);
        destination().putAddress(addresses);
        return addresses;
    }
}
