// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.AddressFamily;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The path of a packet through the rules, as far as it was traced. Immutable.
 *
 * @param id the kernel's number of the packet, 0 to 2³²−1; later packets may have it, too
 * @param protocol the family of the packet
 * @param passes the base chains that it passed, in order; at least one
 * @param outcome how it ended
 * @param complete whether no message of it is known to be lost. If the outcome is {@link Outcome#UNFINISHED}, it is false
 */
public record PacketPath(long id, AddressFamily protocol, List<ChainPass> passes, Outcome outcome, boolean complete) {
    /** How the path of a packet ended. */
    public enum Outcome {
        /** All chains that it came to accepted it. Routing or a socket may have discarded it later. */
        ACCEPTED,
        /** A rule or a policy dropped it. */
        DROPPED,
        /** A rule put it into a queue, and no later chain was traced while it was waited for. */
        QUEUED,
        /** A rule took it, such as {@code synproxy}. */
        STOLEN,
        /** The end of the path is not known: messages were lost, or too many packets were traced at a time. */
        UNFINISHED
    }

    /** Copies the passes. */
    public PacketPath {
        passes = List.copyOf(passes);
    }

    /**
     * The pass that decided about the packet.
     *
     * @return the last one
     */
    public ChainPass last() {
        return passes.get(passes.size() - 1);
    }

    /**
     * The first step that describes the packet: headers, interfaces, and the connection.
     *
     * @return the step, owned; empty if all of them were lost
     */
    public Optional<TraceStep> description() {
        return passes.stream().flatMap(pass -> pass.description().stream()).findFirst();
    }

    /**
     * The path in a line, safe to print.
     *
     * @return number, passes and outcome
     */
    @Override
    public String toString() {
        return "packet " + Long.toHexString(id) + " "
                + passes.stream().map(ChainPass::toString).collect(Collectors.joining("; ")) + ": " + outcome
                + (complete ? "" : " (incomplete)");
    }
}
