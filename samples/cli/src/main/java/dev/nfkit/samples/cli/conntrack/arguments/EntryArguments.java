// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.samples.cli.arguments.MaskedMark;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.run.Failure;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The properties of a connection other than its tuples: as a filter, or as new values. */
public final class EntryArguments {
    @Option(
            names = {"-m", "--mark"},
            paramLabel = "MARK[/MASK]",
            description = "The mark; with a mask, only the bits of the mask.")
    private @Nullable String mark;

    @Option(
            names = {"-u", "--status"},
            split = ",",
            paramLabel = "STATUS",
            description =
                    "ASSURED, SEEN_REPLY, FIXED_TIMEOUT, EXPECTED, OFFLOAD and other status bits; UNSET for none. In"
                            + " a filter, also !ASSURED for entries without it, and UNREPLIED for !SEEN_REPLY.")
    private List<String> status = List.of();

    @Option(
            names = {"-l", "--label"},
            split = ",",
            paramLabel = "LABEL",
            description = "Labels that are set, by number or by the name in connlabel.conf.")
    private List<String> labels = List.of();

    /** The mark and its mask. */
    public Optional<MaskedMark> mark() throws Failure {
        if (mark == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(MaskedMark.parse(mark));
        } catch (NumberFormatException e) {
            throw Failure.usage("-m " + mark + ": expected a mark of 0 to 0xffffffff, or a mark with a mask such as"
                    + " 0x10/0xf0");
        }
    }

    /** Status bits that a filter compares: a mask of the bits, and their values. */
    record Status(long bits, long mask) {}

    /** The status bits of a filter; empty if none are given. */
    Optional<Status> filteredStatus() throws Failure {
        long set = 0;
        long unset = 0;
        for (String word : status) {
            if (word.equalsIgnoreCase("UNREPLIED")) {
                unset |= ConntrackStatus.SEEN_REPLY.bit();
            } else if (word.startsWith("!")) {
                unset |= bit(word.substring(1)).bit();
            } else if (!word.equalsIgnoreCase("UNSET")) {
                set |= bit(word).bit();
            }
        }
        if ((set & unset) != 0) {
            throw Failure.usage("-u " + String.join(",", status) + ": a bit can't be both set and not set");
        }
        return (set | unset) == 0 ? Optional.empty() : Optional.of(new Status(set, set | unset));
    }

    /** The status bits to set, or null if none are given. */
    public ConntrackStatus @Nullable [] status() throws Failure {
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
                + " or another bit of the kernel");
    }

    /** The selected labels; empty if none are given. */
    public BitSet labels(LabelNames names) throws Failure {
        return names.parse("-l", labels);
    }
}
