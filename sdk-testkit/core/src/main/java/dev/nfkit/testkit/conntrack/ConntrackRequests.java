// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.testkit.conntrack.ConntrackNotices.Cause;
import dev.nfkit.testkit.kernel.KernelDump;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Requests for the table, executed as in {@code nf_conntrack_netlink.c} and in its order. Requires the clock's lock.
 */
final class ConntrackRequests {
    private static final int NEW = 0;
    private static final int GET = 1;
    private static final int DELETE = 2;
    private static final int GET_CTRZERO = 3;
    private static final int GET_STATS_CPU = 4;
    private static final int GET_STATS = 5;
    private static final int GET_DYING = 6;
    private static final int GET_UNCONFIRMED = 7;
    private static final int MAX_MESSAGE = 1 << 16;
    /** Counters that current kernels do not fill in. */
    private static final Set<StatisticsAttribute> GONE = EnumSet.of(
            StatisticsAttribute.SEARCHED,
            StatisticsAttribute.NEW,
            StatisticsAttribute.IGNORE,
            StatisticsAttribute.DELETE,
            StatisticsAttribute.DELETE_LIST);

    private final ConntrackState state;

    ConntrackRequests(ConntrackState state) {
        this.state = state;
    }

    /** Executes a message. Returns whether it may be acknowledged; a dump is not. */
    boolean carryOut(KernelSocket socket, ParsedMessage request) throws Refused {
        MessageAttributes attributes = RequestAttributes.read(ConntrackAttribute.SCHEMA, request, state.properties());
        boolean dump = (request.flags() & Netlink.NLM_F_DUMP) != 0;
        switch (request.type() & 0xff) {
            case NEW -> renew(socket, request, attributes);
            case GET, GET_CTRZERO -> {
                boolean zero = (request.type() & 0xff) == GET_CTRZERO;
                if (dump) {
                    return !dump(socket, request, attributes, zero);
                }
                get(socket, request, attributes, zero);
            }
            case DELETE -> delete(socket, request, attributes);
            case GET_STATS_CPU -> {
                if (dump) {
                    return !socket.dump(new KernelDump(
                            socket, request, StatisticsRows.ofTable(request, socket, state.properties(), GONE), false));
                }
            }
            case GET_STATS -> statistics(socket, request);
            case GET_DYING, GET_UNCONFIRMED -> {
                if (!dump) {
                    throw new Refused(Errno.EOPNOTSUPP);
                }
                // Entries are never dying or unconfirmed long enough to be visible.
                return !socket.dump(new KernelDump(socket, request, new EntryRows(request, socket), false));
            }
            default -> throw new Refused(Errno.EINVAL);
        }
        return true;
    }

    private static ConntrackZone zone(MessageAttributes request) {
        return request.value(ConntrackAttribute.ZONE.code())
                .map(value -> ConntrackZone.of(value.u16(0)))
                .orElse(ConntrackZone.NONE);
    }

    private static @Nullable ConntrackTuple tuple(MessageAttributes request, ConntrackAttribute which, int family)
            throws Refused {
        if (!request.has(which)) {
            return null;
        }
        MessageAttributes tuple = request.nested(which);
        return RequestedTuple.read(
                tuple == null ? new MessageAttributes(ConntrackAttribute.Tuple.SCHEMA) : tuple, family);
    }

    private void renew(KernelSocket socket, ParsedMessage request, MessageAttributes attributes) throws Refused {
        ConntrackTuple original = tuple(attributes, ConntrackAttribute.TUPLE_ORIG, request.family());
        ConntrackZone zone = zone(attributes).with(original, false);
        ConntrackTuple reply = tuple(attributes, ConntrackAttribute.TUPLE_REPLY, request.family());
        zone = zone.with(reply, true);
        ConntrackTuple known = original != null ? original : reply;
        TrackedConnection found = known == null ? null : state.table().find(known, zone);
        Cause cause = Cause.of(socket, request);
        if (found == null) {
            if ((request.flags() & Netlink.NLM_F_CREATE) == 0) {
                throw new Refused(Errno.ENOENT);
            }
            if (original == null || reply == null || original.protocol() != reply.protocol()) {
                throw new Refused(Errno.EINVAL);
            }
            new ConntrackChanges(state).create(attributes, original, reply, zone, cause);
            return;
        }
        if ((request.flags() & Netlink.NLM_F_EXCL) != 0) {
            throw new Refused(Errno.EEXIST);
        }
        new ConntrackChanges(state).change(found, attributes);
        state.notices().updated(found.sample(), cause);
    }

    /** The entry that a request names by one of its tuples. */
    private TrackedConnection named(ParsedMessage request, MessageAttributes attributes) throws Refused {
        boolean byOriginal = attributes.has(ConntrackAttribute.TUPLE_ORIG);
        ConntrackTuple tuple = tuple(
                attributes,
                byOriginal ? ConntrackAttribute.TUPLE_ORIG : ConntrackAttribute.TUPLE_REPLY,
                request.family());
        if (tuple == null) {
            throw new Refused(Errno.EINVAL);
        }
        TrackedConnection found = state.table().find(tuple, zone(attributes).with(tuple, !byOriginal));
        if (found == null) {
            throw new Refused(Errno.ENOENT);
        }
        return found;
    }

    private void get(KernelSocket socket, ParsedMessage request, MessageAttributes attributes, boolean zero)
            throws Refused {
        Row row = new Row(named(request, attributes), request, socket, zero);
        MessageWriter writer = new MessageWriter(MAX_MESSAGE, socket.order());
        // The kernel marks even a single answer as a part of a multipart message.
        row.write(writer, Netlink.NLM_F_MULTI);
        socket.deliver(writer);
        row.written();
    }

    private boolean dump(KernelSocket socket, ParsedMessage request, MessageAttributes attributes, boolean zero)
            throws Refused {
        DumpFilter filter = DumpFilter.of(attributes, request.family(), state.properties());
        boolean reported = filter != null && state.properties().has("5.8");
        return socket.dump(new KernelDump(socket, request, new EntryRows(request, socket, filter, zero), reported));
    }

    private void delete(KernelSocket socket, ParsedMessage request, MessageAttributes attributes) throws Refused {
        Cause cause = Cause.of(socket, request);
        boolean filtered =
                attributes.has(ConntrackAttribute.FILTER) && state.properties().has("6.11");
        boolean named = attributes.has(ConntrackAttribute.TUPLE_ORIG) || attributes.has(ConntrackAttribute.TUPLE_REPLY);
        if (!named || filtered) {
            // Old tools send an arbitrary family, so it only applies in messages of version 1.
            boolean meant =
                    filtered || (request.version() != 0 && state.properties().has("5.3"));
            DumpFilter filter = DumpFilter.of(attributes, meant ? request.family() : 0, state.properties());
            for (TrackedConnection entry : state.table().all()) {
                if (filter == null || filter.matches(entry)) {
                    state.end(entry, cause);
                }
            }
            return;
        }
        TrackedConnection found = named(request, attributes);
        long id = found.id();
        if (attributes.number(ConntrackAttribute.ID.code(), id) != id) {
            throw new Refused(Errno.ENOENT);
        }
        state.end(found, cause);
    }

    private void statistics(KernelSocket socket, ParsedMessage request) {
        MessageWriter writer = new MessageWriter(MAX_MESSAGE, socket.order());
        writer.begin(request.type(), Netlink.NLM_F_MULTI, request.sequence(), socket.portId())
                .nfgenmsg(0, 0)
                .be32(StatisticsAttribute.Global.ENTRIES.code(), state.table().size());
        if (state.properties().knows(StatisticsAttribute.Global.MAX_ENTRIES)) {
            writer.be32(
                    StatisticsAttribute.Global.MAX_ENTRIES.code(),
                    state.properties().maximum());
        }
        socket.deliver(writer.end());
    }

    /** Writes an entry as an answer. Its counters can be read and reset in one step. */
    private final class Row implements KernelDump.Row {
        private final TrackedConnection entry;
        private final ParsedMessage request;
        private final KernelSocket socket;
        private final boolean zero;

        Row(TrackedConnection entry, ParsedMessage request, KernelSocket socket, boolean zero) {
            this.entry = entry;
            this.request = request;
            this.socket = socket;
            this.zero = zero;
        }

        @Override
        public void write(MessageWriter writer, int flags) {
            ConnectionContents sample = entry.sample();
            writer.begin(ConnectionContents.NEW, flags, request.sequence(), socket.portId())
                    .nfgenmsg(sample.original().family().number(), 0);
            sample.writeAttributes(writer, state.properties()::knows).end();
        }

        @Override
        public void written() {
            if (zero && entry.sample().attributes().has(ConntrackAttribute.COUNTERS_ORIG)) {
                entry.sample().counters(0, 0, 0, 0);
            }
        }
    }

    /** The entries of the table at the time when the dump reaches them. */
    private final class EntryRows implements KernelDump.Rows {
        private final ParsedMessage request;
        private final KernelSocket socket;
        private final @Nullable DumpFilter filter;
        private final boolean zero;
        private final long generation = state.table().generation();
        private final boolean interrupted;
        private long at;

        EntryRows(ParsedMessage request, KernelSocket socket, @Nullable DumpFilter filter, boolean zero) {
            this.request = request;
            this.socket = socket;
            this.filter = filter;
            this.zero = zero;
            this.interrupted = state.takeInterruption();
        }

        /** No entries. */
        EntryRows(ParsedMessage request, KernelSocket socket) {
            this.request = request;
            this.socket = socket;
            this.filter = null;
            this.zero = false;
            this.interrupted = false;
            this.at = Long.MAX_VALUE;
        }

        @Override
        public KernelDump.@Nullable Row next() {
            for (Map.Entry<Long, TrackedConnection> next = state.table().after(at);
                    next != null;
                    next = state.table().after(at)) {
                at = next.getKey();
                if (filter == null || filter.matches(next.getValue())) {
                    return new Row(next.getValue(), request, socket, zero);
                }
            }
            return null;
        }

        @Override
        public boolean interrupted() {
            boolean changed = state.properties().tellsChanges() && state.table().generation() != generation;
            return (interrupted && at > 0) || (at != Long.MAX_VALUE && changed);
        }
    }
}
