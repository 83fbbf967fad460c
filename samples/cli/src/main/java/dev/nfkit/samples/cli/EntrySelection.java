package dev.nfkit.samples.cli;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Which connections are meant: what a filter of the SDK can say, and what only the entries tell, which are labels,
 * translation, and the states of other protocols than TCP.
 */
final class EntrySelection {
    private final ConntrackFilter filter;
    private final BitSet labels;
    private final int state;
    private final @Nullable NatArgument sourceNat;
    private final @Nullable NatArgument destinationNat;
    private final @Nullable NatArgument anyNat;
    private final boolean whole;

    private EntrySelection(
            TupleArguments tuples, EntryArguments entries, NatArguments nat, LabelNames names, boolean values)
            throws Failure {
        labels = entries.labels(names);
        sourceNat = nat.sourceNat().orElse(null);
        destinationNat = nat.destinationNat().orElse(null);
        anyNat = nat.anyNat().orElse(null);
        Optional<Integer> protocol = tuples.protocol();
        OptionalInt wanted = entries.state(protocol);
        boolean tcp = protocol.equals(Optional.of(IpProtocol.TCP));
        state = tcp ? -1 : wanted.orElse(-1);
        whole = labels.isEmpty() && state < 0 && sourceNat == null && destinationNat == null && anyNat == null;
        ConntrackFilter all = ConntrackFilter.all()
                .family(tuples.family())
                .original(tuples.originalPattern())
                .reply(tuples.replyPattern());
        if (tuples.hasZone()) {
            all = all.zone(tuples.zone());
        }
        if (tcp && wanted.isPresent()) {
            all = all.tcpState(TcpState.of(wanted.getAsInt()).orElseThrow());
        }
        filter = values ? all : marked(all, entries);
    }

    /** What all of the options say. */
    static EntrySelection of(TupleArguments tuples, EntryArguments entries, NatArguments nat, LabelNames names)
            throws Failure {
        return new EntrySelection(tuples, entries, nat, names, false);
    }

    /** The same without mark and status, which say what shall become of those that are meant. */
    static EntrySelection toChange(TupleArguments tuples, EntryArguments entries, NatArguments nat, LabelNames names)
            throws Failure {
        return new EntrySelection(tuples, entries, nat, names, true);
    }

    private static ConntrackFilter marked(ConntrackFilter filter, EntryArguments entries) throws Failure {
        ConntrackFilter marked = filter;
        Optional<Action.Mark> mark = entries.mark();
        if (mark.isPresent()) {
            marked = marked.mark(mark.get().value(), mark.get().mask());
        }
        ConntrackStatus[] status = entries.status();
        if (status != null && status.length == 0) {
            throw Failure.usage("-u UNSET: of no use as a filter");
        }
        return status == null ? marked : marked.status(status);
    }

    /** What the kernel and the SDK compare. */
    ConntrackFilter filter() {
        return filter;
    }

    /** Compares the rest. */
    boolean matches(ConntrackEntry entry) {
        return whole || (hasLabels(entry) && (state < 0 || entry.protocolState() == state) && isTranslated(entry));
    }

    private boolean hasLabels(ConntrackEntry entry) {
        if (labels.isEmpty()) {
            return true;
        }
        if (!entry.has(ConntrackAttribute.LABELS)) {
            return false;
        }
        BitSet missing = (BitSet) labels.clone();
        missing.andNot(entry.labels());
        return missing.isEmpty();
    }

    private boolean isTranslated(ConntrackEntry entry) {
        return (sourceNat == null || sourceIs(sourceNat, entry))
                && (destinationNat == null || destinationIs(destinationNat, entry))
                && (anyNat == null || sourceIs(anyNat, entry) || destinationIs(anyNat, entry));
    }

    /** Answers go to what the source became. */
    private static boolean sourceIs(NatArgument nat, ConntrackEntry entry) {
        if (!entry.is(ConntrackStatus.SRC_NAT) || !entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            return false;
        }
        ConntrackTuple reply = entry.reply();
        return nat.isAddress(reply.destination())
                && (nat.anyPort() || (reply.hasPorts() && nat.isPort(reply.destinationPort())));
    }

    /** Answers come from what the destination became. */
    private static boolean destinationIs(NatArgument nat, ConntrackEntry entry) {
        if (!entry.is(ConntrackStatus.DST_NAT) || !entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            return false;
        }
        ConntrackTuple reply = entry.reply();
        return nat.isAddress(reply.source()) && (nat.anyPort() || (reply.hasPorts() && nat.isPort(reply.sourcePort())));
    }
}
