// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.samples.cli.arguments.MaskedMark;
import dev.nfkit.samples.cli.run.Failure;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Selects connections: by a filter of the SDK, and by properties that only the entries have, which are labels,
 * translation, and the states of protocols other than TCP.
 */
public final class EntrySelection {
    private final ConntrackFilter filter;
    private final BitSet labels;
    private final int state;
    private final @Nullable NatArgument sourceNat;
    private final @Nullable NatArgument destinationNat;
    private final @Nullable NatArgument anyNat;
    private final boolean whole;

    private EntrySelection(EntryOptions options, boolean values) throws Failure {
        TupleArguments tuples = options.tuples();
        NatArguments nat = options.nat();
        options.checkFamilies();
        nat.check();
        labels = options.entries().labels(options.names());
        sourceNat = nat.sourceNat().orElse(null);
        destinationNat = nat.destinationNat().orElse(null);
        anyNat = nat.anyNat().orElse(null);
        Optional<Integer> protocol = tuples.protocol();
        options.protocol().check(protocol);
        OptionalInt wanted = values ? OptionalInt.empty() : options.protocol().state(protocol);
        boolean tcp = protocol.equals(Optional.of(IpProtocol.TCP));
        state = tcp ? -1 : wanted.orElse(-1);
        whole = labels.isEmpty() && state < 0 && sourceNat == null && destinationNat == null && anyNat == null;
        ConntrackFilter all = ConntrackFilter.all()
                .family(tuples.family())
                .original(tuples.originalPattern(options.masks()))
                .reply(tuples.replyPattern());
        if (tuples.hasZone()) {
            all = all.zone(tuples.zone());
        }
        if (tcp && wanted.isPresent()) {
            all = all.tcpState(TcpState.of(wanted.getAsInt()).orElseThrow());
        }
        filter = values ? all : marked(all, options.entries());
    }

    /** All options. */
    public static EntrySelection of(EntryOptions options) throws Failure {
        return new EntrySelection(options, false);
    }

    /** The options without mark, status and state, which are the new values of the entries. */
    public static EntrySelection toChange(EntryOptions options) throws Failure {
        return new EntrySelection(options, true);
    }

    private static ConntrackFilter marked(ConntrackFilter filter, EntryArguments entries) throws Failure {
        ConntrackFilter marked = filter;
        Optional<MaskedMark> mark = entries.mark();
        if (mark.isPresent()) {
            marked = marked.mark(mark.get().value(), mark.get().mask());
        }
        Optional<EntryArguments.Status> status = entries.filteredStatus();
        return status.isEmpty()
                ? marked
                : marked.status(status.get().bits(), status.get().mask());
    }

    /** What the kernel and the SDK compare. */
    public ConntrackFilter filter() {
        return filter;
    }

    /** Compares what the filter cannot. */
    public boolean matches(ConntrackEntry entry) {
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

    /** Replies are sent to the translated source. */
    private static boolean sourceIs(NatArgument nat, ConntrackEntry entry) {
        if (!entry.is(ConntrackStatus.SRC_NAT) || !entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            return false;
        }
        ConntrackTuple reply = entry.reply();
        return nat.isAddress(reply.destination())
                && (nat.anyPort() || (reply.hasPorts() && nat.isPort(reply.destinationPort())));
    }

    /** Replies come from the translated destination. */
    private static boolean destinationIs(NatArgument nat, ConntrackEntry entry) {
        if (!entry.is(ConntrackStatus.DST_NAT) || !entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            return false;
        }
        ConntrackTuple reply = entry.reply();
        return nat.isAddress(reply.source()) && (nat.anyPort() || (reply.hasPorts() && nat.isPort(reply.sourcePort())));
    }
}
