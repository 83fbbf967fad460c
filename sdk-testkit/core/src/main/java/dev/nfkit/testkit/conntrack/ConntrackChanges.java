// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.Dccp;
import dev.nfkit.conntrack.ConntrackAttribute.Help;
import dev.nfkit.conntrack.ConntrackAttribute.Nat;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoNat;
import dev.nfkit.conntrack.ConntrackAttribute.Sctp;
import dev.nfkit.conntrack.ConntrackAttribute.SynProxy;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.testkit.conntrack.ConntrackNotices.Cause;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.wire.AttributeType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Applies a request to an entry ({@code ctnetlink_create_conntrack}, {@code ctnetlink_change_conntrack}) in the
 * kernel's order: changes before a refusal remain. Requires the clock's lock.
 */
final class ConntrackChanges {
    private static final long ALL_BITS = 0xffff_ffffL;
    private static final long IPS_EXPECTED = 1;
    private static final long IPS_SEEN_REPLY = 1 << 1;
    private static final long IPS_ASSURED = 1 << 2;
    private static final long IPS_SEQ_ADJUST = 1 << 6;
    private static final long IPS_NAT_DONE = 3 << 7;
    private static final long IPS_DYING = 1 << 9;
    private static final long IPS_FIXED_TIMEOUT = 1 << 10;
    private static final long IPS_HELPER = 1 << 13;
    /** {@code IPS_UNCHANGEABLE_MASK} without the bits that are refused. */
    private static final long IPS_IGNORED =
            3 << 4 | IPS_NAT_DONE | IPS_SEQ_ADJUST | 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15;

    private static final int TCP_CONNTRACK_MAX = 10;
    private static final int SCTP_CONNTRACK_MAX = 9;
    /** The first version of the kernel that does not track DCCP. */
    private static final String WITHOUT_DCCP = "6.15";

    private final ConntrackState state;

    ConntrackChanges(ConntrackState state) {
        this.state = state;
    }

    void create(
            MessageAttributes request, ConntrackTuple original, ConntrackTuple reply, ConntrackZone zone, Cause cause)
            throws Refused {
        ConntrackProperties kernel = state.properties();
        if (state.table().size() >= kernel.maximum()) {
            throw new Refused(Errno.ENOMEM);
        }
        if (!request.has(ConntrackAttribute.TIMEOUT)) {
            throw new Refused(Errno.EINVAL);
        }
        ConnectionContents entry = ConnectionContents.of(directed(original, zone, false))
                .reply(directed(reply, zone, true))
                .zone(zone.ofOriginal() && zone.ofReply() ? zone.id() : 0)
                .timeout(request.number(ConntrackAttribute.TIMEOUT.code()))
                .synProxy(0, 0, 0);
        if (original.protocol() == ConntrackTuple.IPPROTO_TCP) {
            entry.tcp(0);
        } else if (original.protocol() == ConntrackTuple.IPPROTO_SCTP) {
            entry.sctp(0, 0, 0);
        } else if (tracksDccp(original.protocol())) {
            entry.dccp(0, 0, 0);
        }
        if (request.has(ConntrackAttribute.HELP)) {
            String name = helperName(request);
            requireHelper(name, original.protocol());
            entry.helper(name).status(entry.status() | IPS_HELPER);
        }
        translate(entry, request);
        if (kernel.accounting()) {
            entry.counters(0, 0, 0, 0);
        }
        if (kernel.timestamps()) {
            entry.started(state.clock().epochNanos());
        }
        if (request.has(ConntrackAttribute.STATUS)) {
            status(entry, request.number(ConntrackAttribute.STATUS.code()));
        }
        protocol(entry, request);
        mark(entry, request);
        MessageAttributes master = request.nested(ConntrackAttribute.TUPLE_MASTER);
        if (master != null) {
            ConntrackTuple expected =
                    RequestedTuple.read(master, original.family().number());
            if (state.table().find(expected, zone) == null) {
                throw new Refused(Errno.ENOENT);
            }
            entry.master(expected);
        }
        if (state.table().taken(entry)) {
            throw new Refused(Errno.EEXIST);
        }
        if (request.has(ConntrackAttribute.LABELS) && kernel.labelled()) {
            try {
                labels(entry, request);
            } catch (Refused e) {
                // The kernel creates the entry anyway, without labels.
                entry.without(ConntrackAttribute.LABELS);
            }
        }
        state.notices().created(state.enter(entry).sample(), cause);
    }

    private static ConntrackTuple directed(ConntrackTuple tuple, ConntrackZone zone, boolean reply) {
        boolean own = zone.ofOriginal() != zone.ofReply() && zone.idOf(reply) != 0;
        return own ? tuple.zone(zone.id()) : tuple.plain();
    }

    /** Changes an entry as a request without NLM_F_EXCL does. */
    void change(TrackedConnection entry, MessageAttributes request) throws Refused {
        ConnectionContents sample = entry.sample();
        if (request.has(ConntrackAttribute.NAT_SRC)
                || request.has(ConntrackAttribute.NAT_DST)
                || request.has(ConntrackAttribute.TUPLE_MASTER)) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        if (request.has(ConntrackAttribute.HELP)) {
            helper(entry, request);
        }
        if (request.has(ConntrackAttribute.TIMEOUT)) {
            if ((sample.status() & IPS_FIXED_TIMEOUT) != 0) {
                throw new Refused(Errno.EPERM);
            }
            state.expireAfter(entry, request.number(ConntrackAttribute.TIMEOUT.code()));
        }
        if (request.has(ConntrackAttribute.STATUS)) {
            status(sample, request.number(ConntrackAttribute.STATUS.code()));
        }
        protocol(sample, request);
        mark(sample, request);
        if (request.has(ConntrackAttribute.LABELS)) {
            if (request.value(ConntrackAttribute.LABELS.code()).orElseThrow().length() % 4 != 0) {
                throw new Refused(Errno.EINVAL);
            }
            checkMask(request);
            if (!entry.spaceForLabels()) {
                throw new Refused(Errno.ENOSPC);
            }
            labels(sample, request);
        }
    }

    private static String helperName(MessageAttributes request) throws Refused {
        MessageAttributes help = request.nested(ConntrackAttribute.HELP);
        String name = help == null ? null : help.text(Help.NAME);
        if (name == null) {
            throw new Refused(Errno.EINVAL);
        }
        return name;
    }

    private void requireHelper(String name, int protocol) throws Refused {
        if (!state.properties().hasHelper(name, protocol)) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
    }

    private void helper(TrackedConnection entry, MessageAttributes request) throws Refused {
        ConnectionContents sample = entry.sample();
        String name = helperName(request);
        MessageAttributes help = sample.attributes().nested(ConntrackAttribute.HELP);
        @Nullable String now = help == null ? null : help.text(Help.NAME);
        if (sample.attributes().has(ConntrackAttribute.TUPLE_MASTER)) {
            if (!name.equals(now)) {
                throw new Refused(Errno.EBUSY);
            }
            return;
        }
        if (name.isEmpty()) {
            if (now != null) {
                state.endExpectationsOf(entry);
                sample.without(ConntrackAttribute.HELP);
            }
            return;
        }
        requireHelper(name, sample.original().protocol());
        if (!entry.spaceForHelper()) {
            // A connection gets its helper when it begins, or never.
            throw new Refused(Errno.EOPNOTSUPP);
        }
        if (!name.equals(now)) {
            throw new Refused(Errno.EBUSY);
        }
    }

    private static void status(ConnectionContents entry, long wanted) throws Refused {
        long differs = entry.status() ^ wanted;
        boolean fixed = (differs & (IPS_EXPECTED | ConnectionContents.IPS_CONFIRMED | IPS_DYING)) != 0;
        boolean cleared = (differs & ~wanted & (IPS_SEEN_REPLY | IPS_ASSURED)) != 0;
        if (fixed || cleared) {
            throw new Refused(Errno.EBUSY);
        }
        entry.status(entry.status() | (wanted & ~IPS_IGNORED));
    }

    private boolean tracksDccp(int protocol) {
        return protocol == ConntrackTuple.IPPROTO_DCCP && !state.properties().has(WITHOUT_DCCP);
    }

    private void protocol(ConnectionContents entry, MessageAttributes request) throws Refused {
        MessageAttributes info = request.nested(ConntrackAttribute.PROTOINFO);
        if (info != null) {
            int protocol = entry.original().protocol();
            if (protocol == ConntrackTuple.IPPROTO_TCP) {
                tcp(entry, RequestAttributes.nest(info, ProtoInfo.TCP));
            } else if (protocol == ConntrackTuple.IPPROTO_SCTP) {
                sctp(entry, RequestAttributes.nest(info, ProtoInfo.SCTP));
            } else if (tracksDccp(protocol)) {
                dccp(entry, RequestAttributes.nest(info, ProtoInfo.DCCP));
            }
        }
        for (ConntrackAttribute direction :
                List.of(ConntrackAttribute.SEQ_ADJ_ORIG, ConntrackAttribute.SEQ_ADJ_REPLY)) {
            MessageAttributes adjustment = RequestAttributes.nest(request, direction);
            if (adjustment != null) {
                requireAll(adjustment, ConntrackAttribute.SeqAdj.values());
                entry.attributes().put(direction, adjustment.copy());
                entry.status(entry.status() | IPS_SEQ_ADJUST);
            }
        }
        MessageAttributes proxy = RequestAttributes.nest(request, ConntrackAttribute.SYNPROXY);
        if (proxy != null && entry.attributes().has(ConntrackAttribute.SYNPROXY)) {
            requireAll(proxy, SynProxy.values());
            entry.attributes().put(ConntrackAttribute.SYNPROXY, proxy.copy());
        }
    }

    private static void requireAll(MessageAttributes nest, AttributeType... types) throws Refused {
        for (AttributeType type : types) {
            if (!nest.has(type)) {
                throw new Refused(Errno.EINVAL);
            }
        }
    }

    private static void dccp(ConnectionContents entry, @Nullable MessageAttributes wanted) throws Refused {
        if (wanted != null) {
            requireAll(wanted, Dccp.STATE, Dccp.ROLE);
            entry.attributes().nest(ConntrackAttribute.PROTOINFO).put(ProtoInfo.DCCP, wanted.copy());
        }
    }

    private static void sctp(ConnectionContents entry, @Nullable MessageAttributes wanted) throws Refused {
        if (wanted == null) {
            return;
        }
        int state = wanted.value(Sctp.STATE.code()).map(value -> value.u8(0)).orElse(0);
        if (state >= SCTP_CONNTRACK_MAX) {
            throw new Refused(Errno.ERANGE);
        }
        requireAll(wanted, Sctp.values());
        entry.sctp(state, wanted.number(Sctp.VTAG_ORIGINAL.code()), wanted.number(Sctp.VTAG_REPLY.code()));
    }

    private static void tcp(ConnectionContents entry, @Nullable MessageAttributes wanted) throws Refused {
        if (wanted == null) {
            return;
        }
        int state = wanted.value(Tcp.STATE.code()).map(value -> value.u8(0)).orElse(0);
        if (state >= TCP_CONNTRACK_MAX) {
            throw new Refused(Errno.ERANGE);
        }
        MessageAttributes info = entry.attributes().nested(ConntrackAttribute.PROTOINFO);
        MessageAttributes tcp = info == null ? null : info.nested(ProtoInfo.TCP);
        if (tcp == null) {
            return;
        }
        if (wanted.has(Tcp.STATE)) {
            tcp.u8(Tcp.STATE, state);
        }
        if (wanted.has(Tcp.WSCALE_ORIGINAL) && wanted.has(Tcp.WSCALE_REPLY)) {
            for (Tcp scale : List.of(Tcp.WSCALE_ORIGINAL, Tcp.WSCALE_REPLY)) {
                tcp.put(
                        scale.code(),
                        wanted.value(scale.code()).orElseThrow().slice(0, 1).toArray());
            }
        }
        for (Tcp flags : List.of(Tcp.FLAGS_ORIGINAL, Tcp.FLAGS_REPLY)) {
            Optional<Bytes> set = wanted.value(flags.code());
            if (set.isPresent()) {
                int mask = set.get().u8(1);
                int before = tcp.value(flags.code()).map(value -> value.u8(0)).orElse(0);
                int now = (before & ~mask) | (set.get().u8(0) & mask);
                tcp.put(flags.code(), (byte) now, (byte) 0);
            }
        }
    }

    private static void mark(ConnectionContents entry, MessageAttributes request) {
        if (request.has(ConntrackAttribute.MARK)) {
            long keep = ~request.number(ConntrackAttribute.MARK_MASK.code(), ALL_BITS) & ALL_BITS;
            entry.mark((entry.number(ConntrackAttribute.MARK) & keep) ^ request.number(ConntrackAttribute.MARK.code()));
        }
    }

    private static void checkMask(MessageAttributes request) throws Refused {
        Bytes labels = request.value(ConntrackAttribute.LABELS.code()).orElseThrow();
        Bytes mask = request.value(ConntrackAttribute.LABELS_MASK.code()).orElse(null);
        if (mask != null && (mask.length() == 0 || mask.length() != labels.length())) {
            throw new Refused(Errno.EINVAL);
        }
    }

    private static void labels(ConnectionContents entry, MessageAttributes request) throws Refused {
        checkMask(request);
        byte[] wanted =
                request.value(ConntrackAttribute.LABELS.code()).orElseThrow().toArray();
        Bytes mask = request.value(ConntrackAttribute.LABELS_MASK.code()).orElse(null);
        byte[] labels = entry.attributes()
                .value(ConntrackAttribute.LABELS.code())
                .map(Bytes::toArray)
                .orElseGet(() -> new byte[16]);
        for (int at = 0; at < labels.length; at++) {
            int keep = mask == null || at >= wanted.length ? 0 : ~mask.u8(at);
            labels[at] = (byte) ((labels[at] & keep) ^ (at < wanted.length ? wanted[at] : 0));
        }
        entry.attributes().put(ConntrackAttribute.LABELS.code(), labels);
    }

    /** Sets up the translations of a new entry. Of a range, the first value is used. */
    private static void translate(ConnectionContents entry, MessageAttributes request) throws Refused {
        MessageAttributes target = RequestAttributes.nest(request, ConntrackAttribute.NAT_DST);
        MessageAttributes source = RequestAttributes.nest(request, ConntrackAttribute.NAT_SRC);
        if (target == null && source == null) {
            return;
        }
        entry.status(entry.status() | IPS_NAT_DONE);
        if (target != null) {
            translate(entry, target, false);
        }
        if (source != null) {
            translate(entry, source, true);
        }
    }

    private static void translate(ConnectionContents entry, MessageAttributes nat, boolean ofSource) throws Refused {
        boolean four = entry.original().source().length() == 4;
        Bytes now = ofSource ? entry.reply().target() : entry.reply().source();
        byte[] address = nat.value((four ? Nat.V4_MINIP : Nat.V6_MINIP).code())
                .map(value -> value.slice(0, now.length()))
                .orElse(now)
                .toArray();
        MessageAttributes ports = RequestAttributes.nest(nat, Nat.PROTO);
        OptionalInt port = ports == null || !ports.has(ProtoNat.PORT_MIN)
                ? OptionalInt.empty()
                : OptionalInt.of(
                        ports.value(ProtoNat.PORT_MIN.code()).orElseThrow().u16(0));
        ConntrackTuple before = entry.reply();
        entry.reply(before.with(ofSource, address, port));
        if (!entry.reply().equals(before)) {
            entry.status(entry.status() | (ofSource ? 1 << 4 : 1 << 5));
        }
    }
}
