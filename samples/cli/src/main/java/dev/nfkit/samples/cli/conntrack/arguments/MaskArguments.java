package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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
    public Optional<InetAddress> source() throws Failure {
        return mask("--mask-src", source);
    }

    /** The mask of the destination. */
    public Optional<InetAddress> destination() throws Failure {
        return mask("--mask-dst", destination);
    }

    private static Optional<InetAddress> mask(String option, @Nullable String text) throws Failure {
        return text == null ? Optional.empty() : Optional.of(TupleArguments.address(option, text));
    }

    /** The given masks, by option. */
    public Map<String, InetAddress> addresses() throws Failure {
        Map<String, InetAddress> addresses = new LinkedHashMap<>();
        source().ifPresent(mask -> addresses.put("--mask-src", mask));
        destination().ifPresent(mask -> addresses.put("--mask-dst", mask));
        return addresses;
    }
}
