// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The translation of a connection: as a filter, or for a new connection. */
public final class NatArguments {
    @Option(
            names = {"-n", "--src-nat"},
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS[:PORT]",
            description = "Connections whose source is translated, or is translated to this.")
    private @Nullable String sourceNat;

    @Option(
            names = {"-g", "--dst-nat"},
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS[:PORT]",
            description = "Connections whose destination is translated, or is translated to this.")
    private @Nullable String destinationNat;

    @Option(
            names = {"-j", "--any-nat"},
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS[:PORT]",
            description = "Connections of which either is.")
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

    /** The first addresses of the given translations, by option. */
    public Map<String, InetAddress> addresses() throws Failure {
        Map<String, InetAddress> addresses = new LinkedHashMap<>();
        add("-n", sourceNat(), addresses);
        add("-g", destinationNat(), addresses);
        add("-j", anyNat(), addresses);
        return addresses;
    }

    private static void add(String option, Optional<NatArgument> nat, Map<String, InetAddress> addresses) {
        nat.map(NatArgument::first).ifPresent(address -> addresses.put(option, address));
    }

    /** Refuses {@code -j} together with {@code -n} or {@code -g}. */
    public void check() throws Failure {
        if (anyNat != null && (sourceNat != null || destinationNat != null)) {
            throw Failure.usage("-j: cannot be combined with -n or -g, which it includes");
        }
    }

    private static Optional<NatArgument> nat(String option, @Nullable String text) throws Failure {
        return text == null ? Optional.empty() : Optional.of(NatArgument.parse(option, text));
    }
}
