// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.NatRange;
import dev.nfkit.conntrack.ProtocolUpdate;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.samples.cli.arguments.MaskedMark;
import dev.nfkit.samples.cli.run.Failure;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;

/**
 * Builds the requests of {@code -G}, {@code -I}, {@code -A} and {@code -U} from the options: a key, a new entry, and
 * changes.
 */
public final class EntryRequests {
    private final EntryOptions options;
    private final TupleArguments tuples;

    public EntryRequests(EntryOptions options) {
        this.options = options;
        this.tuples = options.tuples();
    }

    /**
     * The key of an entry.
     *
     * @param tuple one of its tuples
     * @param zone the zone of both directions
     */
    public record Name(ConntrackTuple tuple, int zone) {}

    public Name name() throws Failure {
        options.checkFamilies();
        Optional<ConntrackTuple> tuple = tuples.original();
        if (tuple.isEmpty()) {
            tuple = tuples.reply();
        }
        return new Name(tuple.orElseThrow(EntryRequests::noTuple), tuples.zone());
    }

    private static Failure noTuple() {
        return Failure.usage("-s and -d, or -r and -q, are missing: the addresses of the entry");
    }

    public Duration timeout() throws Failure {
        return options.changes().timeout().orElseThrow(() -> Failure.usage("-t is missing: the timeout of the entry"));
    }

    public NewConnection connection() throws Failure {
        options.checkFamilies();
        try {
            Optional<ConntrackTuple> given = tuples.original();
            ConntrackTuple original =
                    given.isPresent() ? given.get() : tuples.originalOfReply().orElseThrow(EntryRequests::noTuple);
            NewConnection connection = NewConnection.of(original, timeout())
                    .reply(tuples.givenReply().replyTo(original, options.nat()));
            Optional<ProtocolUpdate> tracked = options.protocol().created(tuples.protocol());
            return translated(values(tracked.isPresent() ? connection.protocol(tracked.get()) : connection));
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e);
        }
    }

    private NewConnection values(NewConnection bare) throws Failure {
        NewConnection connection = tuples.hasZone() ? bare.zone(tuples.zone()) : bare;
        Optional<MaskedMark> mark = options.entries().mark();
        if (mark.isPresent()) {
            connection = connection.mark(mark.get().value());
        }
        ConntrackStatus[] status = options.entries().status();
        if (status != null) {
            connection = connection.status(status);
        }
        BitSet labels = options.entries().labels(options.names());
        labels.or(options.changes().labelsToAdd(options.names()));
        return labels.isEmpty() ? connection : connection.labels(labels);
    }

    private NewConnection translated(NewConnection bare) throws Failure {
        NewConnection connection = bare;
        Optional<NatArgument> source = options.nat().sourceNat();
        if (source.isPresent()) {
            connection = connection.sourceNat(
                    range("-n", source.get(), tuples.givenReply().destinationPort()));
        }
        Optional<NatArgument> destination = options.nat().destinationNat();
        if (destination.isPresent()) {
            connection = connection.destinationNat(
                    range("-g", destination.get(), tuples.givenReply().sourcePort()));
        }
        return connection;
    }

    /** A translation. Without a port of its own, it has the port of the reply tuple. */
    private static NatRange range(String option, NatArgument nat, GivenValue replyPort) throws Failure {
        NatRange range = nat.range(option);
        boolean fromReply = nat.anyPort() && replyPort.isGiven();
        return fromReply ? range.ports(replyPort.port(), replyPort.port()) : range;
    }

    /** A change of each entry. */
    public interface EntryChange {
        /** Returns the update to send for an entry. */
        ConntrackUpdate of(ConntrackEntry entry) throws Failure;
    }

    public EntryChange update() throws Failure {
        ConntrackUpdate update = values();
        if (update.isNone() && !options.protocol().given()) {
            throw Failure.usage("-U: no change is given; give -m, -t, -u, --state, --label-add or --label-del");
        }
        Optional<Integer> protocol = tuples.protocol();
        options.protocol().check(protocol);
        return entry -> {
            Optional<ProtocolUpdate> tracked = options.protocol().changed(protocol, entry);
            return tracked.isPresent() ? update.protocol(tracked.get()) : update;
        };
    }

    private ConntrackUpdate values() throws Failure {
        ConntrackUpdate update = ConntrackUpdate.none();
        Optional<MaskedMark> mark = options.entries().mark();
        if (mark.isPresent()) {
            update = update.mark(mark.get().value(), mark.get().mask());
        }
        Optional<Duration> timeout = options.changes().timeout();
        if (timeout.isPresent()) {
            update = update.timeout(timeout.get());
        }
        ConntrackStatus[] status = options.entries().status();
        if (status != null) {
            update = update.status(ConntrackStatus.bits(status));
        }
        BitSet set = options.changes().labelsToAdd(options.names());
        BitSet mask = options.changes().labelsToDelete(options.names());
        mask.or(set);
        return mask.isEmpty() ? update : update.labels(set, mask);
    }
}
