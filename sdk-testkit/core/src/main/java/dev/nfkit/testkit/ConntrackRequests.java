package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.testkit.ConntrackNotices.Cause;
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

    private final FakeConntrack model;

    ConntrackRequests(FakeConntrack model) {
        this.model = model;
    }

    /** Executes a message. Returns whether it may be acknowledged; a dump is not. */
    boolean carryOut(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        SampleAttributes attributes = RequestAttributes.read(ConntrackAttribute.SCHEMA, request, model.settings());
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
                            socket, request, StatisticsRows.ofTable(request, socket, model.settings(), GONE), false));
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

    private static ConntrackZone zone(SampleAttributes request) {
        return request.value(ConntrackAttribute.ZONE.code())
                .map(value -> ConntrackZone.of(value.u16(0)))
                .orElse(ConntrackZone.NONE);
    }

    private static @Nullable SampleTuple tuple(SampleAttributes request, ConntrackAttribute which, int family)
            throws Refused {
        if (!request.has(which)) {
            return null;
        }
        SampleAttributes tuple = request.nested(which);
        return RequestedTuple.read(
                tuple == null ? new SampleAttributes(ConntrackAttribute.Tuple.SCHEMA) : tuple, family);
    }

    private void renew(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes) throws Refused {
        SampleTuple original = tuple(attributes, ConntrackAttribute.TUPLE_ORIG, request.family());
        ConntrackZone zone = zone(attributes).with(original, false);
        SampleTuple reply = tuple(attributes, ConntrackAttribute.TUPLE_REPLY, request.family());
        zone = zone.with(reply, true);
        SampleTuple known = original != null ? original : reply;
        TrackedConnection found = known == null ? null : model.table().find(known, zone);
        Cause cause = Cause.of(socket, request);
        if (found == null) {
            if ((request.flags() & Netlink.NLM_F_CREATE) == 0) {
                throw new Refused(Errno.ENOENT);
            }
            if (original == null || reply == null || original.protocol() != reply.protocol()) {
                throw new Refused(Errno.EINVAL);
            }
            new ConntrackChanges(model).create(attributes, original, reply, zone, cause);
            return;
        }
        if ((request.flags() & Netlink.NLM_F_EXCL) != 0) {
            throw new Refused(Errno.EEXIST);
        }
        new ConntrackChanges(model).change(found, attributes);
        model.notices().updated(found.sample(), cause);
    }

    /** The entry that a request names by one of its tuples. */
    private TrackedConnection named(SentMessage request, SampleAttributes attributes) throws Refused {
        boolean byOriginal = attributes.has(ConntrackAttribute.TUPLE_ORIG);
        SampleTuple tuple = tuple(
                attributes,
                byOriginal ? ConntrackAttribute.TUPLE_ORIG : ConntrackAttribute.TUPLE_REPLY,
                request.family());
        if (tuple == null) {
            throw new Refused(Errno.EINVAL);
        }
        TrackedConnection found = model.table().find(tuple, zone(attributes).with(tuple, !byOriginal));
        if (found == null) {
            throw new Refused(Errno.ENOENT);
        }
        return found;
    }

    private void get(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes, boolean zero)
            throws Refused {
        Row row = new Row(named(request, attributes), request, socket, zero);
        MessageWriter writer = new MessageWriter(MAX_MESSAGE, socket.order());
        // The kernel marks even a single answer as a part of a multipart message.
        row.write(writer, Netlink.NLM_F_MULTI);
        socket.deliver(writer);
        row.written();
    }

    private boolean dump(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes, boolean zero)
            throws Refused {
        DumpFilter filter = DumpFilter.of(attributes, request.family(), model.settings());
        boolean reported = filter != null && model.settings().has("5.8");
        return socket.dump(new KernelDump(socket, request, new EntryRows(request, socket, filter, zero), reported));
    }

    private void delete(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes) throws Refused {
        Cause cause = Cause.of(socket, request);
        boolean filtered =
                attributes.has(ConntrackAttribute.FILTER) && model.settings().has("6.11");
        boolean named = attributes.has(ConntrackAttribute.TUPLE_ORIG) || attributes.has(ConntrackAttribute.TUPLE_REPLY);
        if (!named || filtered) {
            // Old tools send an arbitrary family, so it only applies in messages of version 1.
            boolean meant =
                    filtered || (request.version() != 0 && model.settings().has("5.3"));
            DumpFilter filter = DumpFilter.of(attributes, meant ? request.family() : 0, model.settings());
            for (TrackedConnection entry : model.table().all()) {
                if (filter == null || filter.matches(entry)) {
                    model.end(entry, cause);
                }
            }
            return;
        }
        TrackedConnection found = named(request, attributes);
        long id = found.id();
        if (attributes.number(ConntrackAttribute.ID.code(), id) != id) {
            throw new Refused(Errno.ENOENT);
        }
        model.end(found, cause);
    }

    private void statistics(FakeNetlinkSocket socket, SentMessage request) {
        MessageWriter writer = new MessageWriter(MAX_MESSAGE, socket.order());
        writer.begin(request.type(), Netlink.NLM_F_MULTI, request.sequence(), socket.portId())
                .nfgenmsg(0, 0)
                .be32(StatisticsAttribute.Global.ENTRIES.code(), model.table().size());
        if (model.settings().knows(StatisticsAttribute.Global.MAX_ENTRIES)) {
            writer.be32(
                    StatisticsAttribute.Global.MAX_ENTRIES.code(),
                    model.settings().maximum());
        }
        socket.deliver(writer.end());
    }

    /** Writes an entry as an answer. Its counters can be read and reset in one step. */
    private final class Row implements KernelDump.Row {
        private final TrackedConnection entry;
        private final SentMessage request;
        private final FakeNetlinkSocket socket;
        private final boolean zero;

        Row(TrackedConnection entry, SentMessage request, FakeNetlinkSocket socket, boolean zero) {
            this.entry = entry;
            this.request = request;
            this.socket = socket;
            this.zero = zero;
        }

        @Override
        public void write(MessageWriter writer, int flags) {
            SampleConntrack sample = entry.sample();
            writer.begin(SampleConntrack.NEW, flags, request.sequence(), socket.portId())
                    .nfgenmsg(sample.original().family().number(), 0);
            sample.writeAttributes(writer, model.settings()::knows).end();
        }

        @Override
        public void written() {
            if (zero && entry.sample().attributes.has(ConntrackAttribute.COUNTERS_ORIG)) {
                entry.sample().counters(0, 0, 0, 0);
            }
        }
    }

    /** The entries of the table at the time when the dump reaches them. */
    private final class EntryRows implements KernelDump.Rows {
        private final SentMessage request;
        private final FakeNetlinkSocket socket;
        private final @Nullable DumpFilter filter;
        private final boolean zero;
        private final long generation = model.table().generation();
        private final boolean interrupted;
        private long at;

        EntryRows(SentMessage request, FakeNetlinkSocket socket, @Nullable DumpFilter filter, boolean zero) {
            this.request = request;
            this.socket = socket;
            this.filter = filter;
            this.zero = zero;
            this.interrupted = model.takeInterruption();
        }

        /** No entries. */
        EntryRows(SentMessage request, FakeNetlinkSocket socket) {
            this.request = request;
            this.socket = socket;
            this.filter = null;
            this.zero = false;
            this.interrupted = false;
            this.at = Long.MAX_VALUE;
        }

        @Override
        public KernelDump.@Nullable Row next() {
            for (Map.Entry<Long, TrackedConnection> next = model.table().after(at);
                    next != null;
                    next = model.table().after(at)) {
                at = next.getKey();
                if (filter == null || filter.matches(next.getValue())) {
                    return new Row(next.getValue(), request, socket, zero);
                }
            }
            return null;
        }

        @Override
        public boolean interrupted() {
            boolean changed = model.settings().tellsChanges() && model.table().generation() != generation;
            return (interrupted && at > 0) || (at != Long.MAX_VALUE && changed);
        }
    }
}
