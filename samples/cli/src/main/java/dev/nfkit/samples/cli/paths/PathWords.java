// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.nftables.trace.ChainPass;
import dev.nfkit.nftables.trace.TraceAttribute;
import dev.nfkit.nftables.trace.TraceStep;
import java.util.Locale;
import java.util.Optional;

/** Words for what paths contain. */
final class PathWords {
    private PathWords() {}

    /** The name of a family in rules. */
    static String family(AddressFamily family) {
        if (family.equals(AddressFamily.IPV4)) {
            return "ip";
        }
        return family.equals(AddressFamily.IPV6) ? "ip6" : family.name().toLowerCase(Locale.ROOT);
    }

    /** The state of the packet's connection at a pass, as rules name it; empty if the kernel sent none. */
    static Optional<String> state(ChainPass pass) {
        return pass.description()
                .filter(step -> step.has(TraceAttribute.CT_STATE))
                .map(TraceStep::connectionInfo)
                .map(PathWords::state);
    }

    private static String state(ConntrackInfo info) {
        return info.state().name().toLowerCase(Locale.ROOT);
    }
}
