// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.run.Failure;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The state of a connection's protocol. */
public final class StateArguments {
    @Option(
            names = "--state",
            paramLabel = "STATE",
            description = "The state of TCP, SCTP or DCCP, such as ESTABLISHED; LISTEN is TCP's SYN_SENT2.")
    private @Nullable String state;

    /** Whether a state is given. */
    public boolean given() {
        return state != null;
    }

    /** The number of the state. Requires the protocol. */
    public OptionalInt state(Optional<Integer> protocol) throws Failure {
        if (state == null) {
            return OptionalInt.empty();
        }
        int number = protocol.orElse(0);
        String[] names = ProtocolNames.states(number);
        if (names.length == 0) {
            throw Failure.usage("--state " + state + ": only with -p tcp, -p sctp or -p dccp");
        }
        OptionalInt found = ProtocolNames.parseState(number, state);
        if (found.isEmpty()) {
            throw Failure.usage("--state " + state + ": not known; give one of " + String.join(", ", names));
        }
        return found;
    }
}
