package dev.nfkit.samples.cli;

import dev.nfkit.conntrack.ConntrackStatus;
import java.time.Duration;
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
    private static final long U32_MAX = 0xffff_ffffL;

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
            names = {"-t", "--timeout"},
            paramLabel = "SECONDS",
            description = "When the entry is forgotten without a packet.")
    private @Nullable String timeout;

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

    @Option(names = "--label-add", split = ",", paramLabel = "LABEL", description = "Labels to set.")
    private List<String> labelsToAdd = List.of();

    @Option(
            names = "--label-del",
            split = ",",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "LABEL",
            description = "Labels to take away; all where none is named.")
    private @Nullable List<String> labelsToDelete;

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

    /** The timeout. */
    Optional<Duration> timeout() throws Failure {
        return timeout == null
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(NumberArgument.parse("-t", timeout, U32_MAX)));
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

    /** The labels to set. */
    BitSet labelsToAdd(LabelNames names) throws Failure {
        return names.parse("--label-add", labelsToAdd);
    }

    /** The labels to take away. */
    BitSet labelsToDelete(LabelNames names) throws Failure {
        List<String> words = labelsToDelete == null ? List.of() : labelsToDelete;
        if (words.contains("")) {
            BitSet all = new BitSet();
            all.set(0, 128);
            return all;
        }
        return names.parse("--label-del", words);
    }

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
