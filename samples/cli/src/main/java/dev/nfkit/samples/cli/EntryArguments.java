package dev.nfkit.samples.cli;

import dev.nfkit.conntrack.ConntrackStatus;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What can be said of a connection besides its tuples: as a filter, or as what it shall be. */
final class EntryArguments {
    @Option(
            names = {"-m", "--mark"},
            paramLabel = "MARK[/MASK]",
            description = "The mark; of a mask only its bits.")
    private @Nullable String mark;

    @Option(
            names = {"-u", "--status"},
            split = ",",
            paramLabel = "STATUS",
            description =
                    "ASSURED, SEEN_REPLY, FIXED_TIMEOUT, EXPECTED, OFFLOAD and others of the kernel; UNSET for none.")
    private List<String> status = List.of();

    @Option(
            names = "--state",
            paramLabel = "STATE",
            description = "The state of TCP, SCTP or DCCP, such as ESTABLISHED.")
    private @Nullable String state;

    @Option(
            names = {"-l", "--label"},
            split = ",",
            paramLabel = "LABEL",
            description = "Labels that are set, by number or by the name in connlabel.conf.")
    private List<String> labels = List.of();

    /** The mark and which of its bits. */
    Optional<Action.Mark> mark() throws Failure {
        if (mark == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Action.Mark.parse(mark));
        } catch (NumberFormatException e) {
            throw Failure.usage("-m " + mark + ": a mark of 0 to 0xffffffff, or one with its mask such as 0x10/0xf0,"
                    + " is wanted");
        }
    }

    /** The status bits, or null where none are given. */
    ConntrackStatus @Nullable [] status() throws Failure {
        if (status.isEmpty()) {
            return null;
        }
        Set<ConntrackStatus> bits = EnumSet.noneOf(ConntrackStatus.class);
        for (String word : status) {
            if (!word.equalsIgnoreCase("UNSET")) {
                bits.add(bit(word));
            }
        }
        return bits.toArray(ConntrackStatus[]::new);
    }

    private static ConntrackStatus bit(String word) throws Failure {
        for (ConntrackStatus bit : ConntrackStatus.values()) {
            if (bit.name().equals(word.toUpperCase(Locale.ROOT))) {
                return bit;
            }
        }
        throw Failure.usage("-u " + word + ": not known; give ASSURED, SEEN_REPLY, FIXED_TIMEOUT, EXPECTED, OFFLOAD"
                + " or another bit of the kernel's");
    }

    /** The number of the protocol's state, which wants the protocol. */
    OptionalInt state(Optional<Integer> protocol) throws Failure {
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

    /** The labels that are meant; none where none are given. */
    BitSet labels(LabelNames names) throws Failure {
        return names.parse("-l", labels);
    }
}
