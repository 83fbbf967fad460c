package dev.nfkit.samples.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What can be said of a connection's translation: as a filter, or as what a new one is translated to. */
final class NatArguments {
    @Option(
            names = {"-n", "--src-nat"},
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS[:PORT]",
            description = "Those whose source is translated, or translated to this.")
    private @Nullable String sourceNat;

    @Option(
            names = {"-g", "--dst-nat"},
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS[:PORT]",
            description = "Those whose destination is translated, or translated to this.")
    private @Nullable String destinationNat;

    @Option(
            names = {"-j", "--any-nat"},
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS[:PORT]",
            description = "Those of which either is.")
    private @Nullable String anyNat;

    /** What the source is translated to. */
    Optional<NatArgument> sourceNat() throws Failure {
        return nat("-n", sourceNat);
    }

    /** What the destination is translated to. */
    Optional<NatArgument> destinationNat() throws Failure {
        return nat("-g", destinationNat);
    }

    /** What either is translated to. */
    Optional<NatArgument> anyNat() throws Failure {
        return nat("-j", anyNat);
    }

    private static Optional<NatArgument> nat(String option, @Nullable String text) throws Failure {
        return text == null ? Optional.empty() : Optional.of(NatArgument.parse(option, text));
    }
}
