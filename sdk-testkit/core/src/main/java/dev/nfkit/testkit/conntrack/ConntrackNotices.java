// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ExpectationContents;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The events that a model sends to members of the conntrack groups ({@code ctnetlink_conntrack_event}, {@code
 * ctnetlink_expect_event}). Requires the clock's lock.
 */
final class ConntrackNotices {
    private static final int NLM_F_ECHO = 0x8;
    /**
     * The bytes that the kernel allocates for the event of a connection, whatever its contents ({@code
     * ctnetlink_nlmsg_size}): about this many for UDP over IPv4. Others need up to 200 bytes more, which take no more
     * memory.
     */
    private static final int RECKONED = 328;

    private static final int GROUP_NEW = 1;
    private static final int GROUP_UPDATE = 2;
    private static final int GROUP_DESTROY = 3;
    private static final int GROUP_EXP_NEW = 4;
    private static final int GROUP_EXP_DESTROY = 6;
    private static final int DELETE = 2;
    /** The attributes whose changes cause an event. Others are only in dumps. */
    private static final Set<ConntrackAttribute> REPORTED = EnumSet.of(
            ConntrackAttribute.STATUS,
            ConntrackAttribute.PROTOINFO,
            ConntrackAttribute.MARK,
            ConntrackAttribute.HELP,
            ConntrackAttribute.SECCTX,
            ConntrackAttribute.LABELS,
            ConntrackAttribute.SEQ_ADJ_ORIG,
            ConntrackAttribute.SEQ_ADJ_REPLY,
            ConntrackAttribute.SYNPROXY);

    private static final List<ConntrackAttribute> HEAD = List.of(
            ConntrackAttribute.TUPLE_ORIG,
            ConntrackAttribute.TUPLE_REPLY,
            ConntrackAttribute.ZONE,
            ConntrackAttribute.ID,
            ConntrackAttribute.STATUS);
    private static final List<ConntrackAttribute> LIVING = List.of(
            ConntrackAttribute.TIMEOUT,
            ConntrackAttribute.PROTOINFO,
            ConntrackAttribute.HELP,
            ConntrackAttribute.SECCTX,
            ConntrackAttribute.LABELS,
            ConntrackAttribute.TUPLE_MASTER,
            ConntrackAttribute.SEQ_ADJ_ORIG,
            ConntrackAttribute.SEQ_ADJ_REPLY,
            ConntrackAttribute.SYNPROXY);
    private static final List<ConntrackAttribute> DEAD = List.of(
            ConntrackAttribute.TIMEOUT,
            ConntrackAttribute.COUNTERS_ORIG,
            ConntrackAttribute.COUNTERS_REPLY,
            ConntrackAttribute.TIMESTAMP,
            ConntrackAttribute.PROTOINFO);

    /** The origin of an event: the port of a request, or 0. */
    record Cause(@Nullable KernelSocket socket, boolean echoed) {
        static final Cause PACKET = new Cause(null, false);

        static Cause of(KernelSocket socket, ParsedMessage request) {
            return new Cause(socket, (request.flags() & NLM_F_ECHO) != 0);
        }

        long portId() {
            return socket == null ? 0 : socket.portId();
        }
    }

    private final Kernel kernel;
    private final ConntrackProperties properties;

    ConntrackNotices(Kernel kernel, ConntrackProperties properties) {
        this.kernel = kernel;
        this.properties = properties;
    }

    void created(ConnectionContents entry, Cause cause) {
        int flags = Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL;
        send(GROUP_NEW, cause, writer -> living(writer, entry, flags, cause, EnumSet.allOf(ConntrackAttribute.class)));
    }

    /**
     * Sends the event of a request that has changed an entry. It contains everything that the request could have
     * changed.
     */
    void updated(ConnectionContents entry, Cause cause) {
        Set<ConntrackAttribute> included = EnumSet.allOf(ConntrackAttribute.class);
        included.remove(ConntrackAttribute.TUPLE_MASTER);
        send(GROUP_UPDATE, cause, writer -> living(writer, entry, 0, cause, included));
    }

    /**
     * Sends the event of a changed entry. It contains what has changed; there is no event if no attribute of it is in
     * events.
     */
    void changed(ConnectionContents before, ConnectionContents now) {
        Set<ConntrackAttribute> included = EnumSet.noneOf(ConntrackAttribute.class);
        REPORTED.stream()
                .filter(type -> !now.attributes().same(before.attributes(), type))
                .forEach(included::add);
        if (!included.isEmpty()) {
            send(GROUP_UPDATE, Cause.PACKET, writer -> living(writer, now, 0, Cause.PACKET, included));
        }
    }

    private void living(
            MessageWriter writer, ConnectionContents entry, int flags, Cause cause, Set<ConntrackAttribute> included) {
        begin(writer, entry, ConnectionContents.NEW, flags, cause);
        for (ConntrackAttribute attribute : LIVING) {
            boolean always = attribute == ConntrackAttribute.TIMEOUT
                    || attribute == ConntrackAttribute.HELP
                    || attribute == ConntrackAttribute.SECCTX;
            if (always || included.contains(attribute)) {
                entry.writeAttribute(writer, attribute, properties::knows);
            }
        }
        end(writer, entry, included.contains(ConntrackAttribute.MARK));
    }

    void destroyed(ConnectionContents entry, Cause cause) {
        send(GROUP_DESTROY, cause, writer -> {
            begin(writer, entry, ConnectionContents.NEW | DELETE, 0, cause);
            for (ConntrackAttribute attribute : DEAD) {
                boolean over = attribute == ConntrackAttribute.TIMEOUT && entry.number(ConntrackAttribute.TIMEOUT) == 0;
                if (!over) {
                    entry.writeAttribute(writer, attribute, this::ofTheDead);
                }
            }
            end(writer, entry, false);
        });
    }

    /** The protocol state of a connection that has ended: only those of TCP and SCTP are in events. */
    private boolean ofTheDead(AttributeType type) {
        boolean state = type == Tcp.STATE || type == ConntrackAttribute.Sctp.STATE;
        boolean inside = type instanceof Tcp || type instanceof ConntrackAttribute.Sctp;
        return properties.knows(type) && (!inside || state) && type != ProtoInfo.DCCP;
    }

    private void begin(MessageWriter writer, ConnectionContents entry, int type, int flags, Cause cause) {
        writer.begin(type, flags, 0, cause.portId())
                .nfgenmsg(entry.original().family().number(), 0);
        HEAD.forEach(attribute -> entry.writeAttribute(writer, attribute, properties::knows));
    }

    private void end(MessageWriter writer, ConnectionContents entry, boolean marked) {
        if (marked || entry.number(ConntrackAttribute.MARK) != 0) {
            entry.writeAttribute(writer, ConntrackAttribute.MARK, properties::knows);
        }
        if (properties.timestamps() && properties.knows(ConntrackAttribute.TIMESTAMP_EVENT)) {
            writer.be64(
                    ConntrackAttribute.TIMESTAMP_EVENT.code(), kernel.clock().epochNanos());
        }
        entry.attributes().writeOdd(writer);
        writer.end();
    }

    void expected(ExpectationContents expectation, Cause cause) {
        int flags = Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL;
        send(
                GROUP_EXP_NEW,
                cause,
                writer -> expectation.write(
                        writer.begin(ExpectationContents.NEW, flags, 0, cause.portId()), properties::knows));
    }

    void unexpected(ExpectationContents expectation, Cause cause) {
        send(
                GROUP_EXP_DESTROY,
                cause,
                writer -> expectation.write(
                        writer.begin(ExpectationContents.NEW | DELETE, 0, 0, cause.portId()), properties::knows));
    }

    private void send(int group, Cause cause, Consumer<MessageWriter> message) {
        boolean ofConnection = group == GROUP_NEW || group == GROUP_UPDATE || group == GROUP_DESTROY;
        int allocated = ofConnection ? RECKONED : 0;
        kernel.multicast(group, allocated, message);
        KernelSocket asker = cause.socket();
        if (asker != null && cause.echoed() && !asker.listensTo(group)) {
            MessageWriter writer = new MessageWriter(1 << 16, asker.order());
            message.accept(writer);
            asker.deliverAllocated(Datagrams.bytes(writer), allocated);
        }
    }
}
