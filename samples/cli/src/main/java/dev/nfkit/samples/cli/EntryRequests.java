package dev.nfkit.samples.cli;

import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.NewConnection;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;

/** What the options of {@code -G}, {@code -I} and {@code -U} make: the name of an entry, a new one, and changes. */
final class EntryRequests {
    private final TupleArguments tuples;
    private final EntryArguments entries;
    private final ChangeArguments changes;
    private final NatArguments nat;
    private final LabelNames names;

    EntryRequests(
            TupleArguments tuples,
            EntryArguments entries,
            ChangeArguments changes,
            NatArguments nat,
            LabelNames names) {
        this.tuples = tuples;
        this.entries = entries;
        this.changes = changes;
        this.nat = nat;
        this.names = names;
    }

    /**
     * What an entry is found by.
     *
     * @param tuple one of its tuples
     * @param zone the zone of both directions
     */
    record Name(ConntrackTuple tuple, int zone) {}

    Name name() throws Failure {
        Optional<ConntrackTuple> tuple = tuples.original();
        if (tuple.isEmpty()) {
            tuple = tuples.reply();
        }
        return new Name(tuple.orElseThrow(EntryRequests::noTuple), tuples.zone());
    }

    private static Failure noTuple() {
        return Failure.usage("-s and -d, or -r and -q, are missing: between which addresses the entry is");
    }

    Duration timeout() throws Failure {
        return changes.timeout().orElseThrow(() -> Failure.usage("-t is missing: when the entry is forgotten"));
    }

    NewConnection connection() throws Failure {
        Optional<ConntrackTuple> original = tuples.original();
        Optional<ConntrackTuple> reply = tuples.reply();
        if (original.isEmpty() && reply.isEmpty()) {
            throw noTuple();
        }
        try {
            NewConnection connection = NewConnection.of(
                    original.isPresent() ? original.get() : reply.get().inverted(), timeout());
            if (reply.isPresent()) {
                connection = connection.reply(reply.get());
            }
            return translated(state(values(connection)));
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e.getMessage());
        }
    }

    private NewConnection values(NewConnection bare) throws Failure {
        NewConnection connection = tuples.hasZone() ? bare.zone(tuples.zone()) : bare;
        Optional<Action.Mark> mark = entries.mark();
        if (mark.isPresent()) {
            connection = connection.mark(mark.get().value());
        }
        ConntrackStatus[] status = entries.status();
        if (status != null) {
            connection = connection.status(status);
        }
        BitSet labels = entries.labels(names);
        labels.or(changes.labelsToAdd(names));
        return labels.isEmpty() ? connection : connection.labels(labels);
    }

    private NewConnection state(NewConnection connection) throws Failure {
        OptionalInt state = entries.state(tuples.protocol());
        boolean tcp = tuples.protocol().equals(Optional.of(IpProtocol.TCP));
        if (state.isPresent() && !tcp) {
            throw Failure.usage("--state: only TCP's can be given to a new entry");
        }
        if (state.isPresent()) {
            return connection.tcpState(TcpState.of(state.getAsInt()).orElseThrow());
        }
        if (tcp) {
            throw Failure.usage("--state is missing: which state of TCP the entry has");
        }
        return connection;
    }

    private NewConnection translated(NewConnection bare) throws Failure {
        NewConnection connection = bare;
        Optional<NatArgument> source = nat.sourceNat();
        if (source.isPresent()) {
            connection = connection.sourceNat(source.get().range("-n"));
        }
        Optional<NatArgument> destination = nat.destinationNat();
        if (destination.isPresent()) {
            connection = connection.destinationNat(destination.get().range("-g"));
        }
        return connection;
    }

    ConntrackUpdate update() throws Failure {
        ConntrackUpdate update = ConntrackUpdate.none();
        Optional<Action.Mark> mark = entries.mark();
        if (mark.isPresent()) {
            update = update.mark(mark.get().value(), mark.get().mask());
        }
        Optional<Duration> timeout = changes.timeout();
        if (timeout.isPresent()) {
            update = update.timeout(timeout.get());
        }
        ConntrackStatus[] status = entries.status();
        if (status != null) {
            update = update.status(ConntrackStatus.bits(status));
        }
        BitSet set = changes.labelsToAdd(names);
        BitSet mask = changes.labelsToDelete(names);
        mask.or(set);
        if (!mask.isEmpty()) {
            update = update.labels(set, mask);
        }
        if (update.isNone()) {
            throw Failure.usage("-U: what shall change is missing; give -m, -t, -u, --label-add or --label-del");
        }
        return update;
    }
}
