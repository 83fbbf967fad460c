package dev.nfkit.testkit;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a model tells those that are members of the groups of conntrack ({@code ctnetlink_conntrack_event}, {@code
 * ctnetlink_expect_event}). Wants the clock's lock.
 */
final class ConntrackNotices {
    private static final int NLM_F_ECHO = 0x8;
    /**
     * What the kernel allocates for the event of a connection, whatever it will tell ({@code ctnetlink_nlmsg_size}): about
     * this much for UDP over IPv4. Others need up to 200 bytes more, which take no more memory.
     */
    private static final int RECKONED = 328;

    private static final int GROUP_NEW = 1;
    private static final int GROUP_UPDATE = 2;
    private static final int GROUP_DESTROY = 3;
    private static final int GROUP_EXP_NEW = 4;
    private static final int GROUP_EXP_DESTROY = 6;
    private static final int DELETE = 2;
    /** Who changes what an event would tell; others only what a dump tells. */
    private static final Set<ConntrackAttribute> TOLD = EnumSet.of(
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

    /** Who has caused an event: a request, or nobody in user space. */
    record Cause(@Nullable FakeNetlinkSocket socket, boolean echoed) {
        static final Cause PACKET = new Cause(null, false);

        static Cause of(FakeNetlinkSocket socket, SentMessage request) {
            return new Cause(socket, (request.flags() & NLM_F_ECHO) != 0);
        }

        long portId() {
            return socket == null ? 0 : socket.portId();
        }
    }

    private final FakeNetfilter transport;
    private final ConntrackSettings kernel;

    ConntrackNotices(FakeNetfilter transport, ConntrackSettings kernel) {
        this.transport = transport;
        this.kernel = kernel;
    }

    void created(SampleConntrack entry, Cause cause) {
        int flags = Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL;
        send(GROUP_NEW, cause, writer -> living(writer, entry, flags, cause, EnumSet.allOf(ConntrackAttribute.class)));
    }

    /** A request has changed an entry: the event tells all that it could have changed. */
    void updated(SampleConntrack entry, Cause cause) {
        Set<ConntrackAttribute> told = EnumSet.allOf(ConntrackAttribute.class);
        told.remove(ConntrackAttribute.TUPLE_MASTER);
        send(GROUP_UPDATE, cause, writer -> living(writer, entry, 0, cause, told));
    }

    /** An entry is another than before: the event tells what has changed, or nothing where that is not told. */
    void changed(SampleConntrack before, SampleConntrack now) {
        Set<ConntrackAttribute> told = EnumSet.noneOf(ConntrackAttribute.class);
        TOLD.stream()
                .filter(type -> !now.attributes.same(before.attributes, type))
                .forEach(told::add);
        if (!told.isEmpty()) {
            send(GROUP_UPDATE, Cause.PACKET, writer -> living(writer, now, 0, Cause.PACKET, told));
        }
    }

    private void living(
            MessageWriter writer, SampleConntrack entry, int flags, Cause cause, Set<ConntrackAttribute> told) {
        begin(writer, entry, SampleConntrack.NEW, flags, cause);
        for (ConntrackAttribute attribute : LIVING) {
            boolean always = attribute == ConntrackAttribute.TIMEOUT
                    || attribute == ConntrackAttribute.HELP
                    || attribute == ConntrackAttribute.SECCTX;
            if (always || told.contains(attribute)) {
                entry.writeAttribute(writer, attribute, kernel::knows);
            }
        }
        end(writer, entry, told.contains(ConntrackAttribute.MARK));
    }

    void destroyed(SampleConntrack entry, Cause cause) {
        send(GROUP_DESTROY, cause, writer -> {
            begin(writer, entry, SampleConntrack.NEW | DELETE, 0, cause);
            for (ConntrackAttribute attribute : DEAD) {
                boolean over = attribute == ConntrackAttribute.TIMEOUT && entry.number(ConntrackAttribute.TIMEOUT) == 0;
                if (!over) {
                    entry.writeAttribute(writer, attribute, this::ofTheDead);
                }
            }
            end(writer, entry, false);
        });
    }

    /** Of what is tracked of a protocol, only TCP's and SCTP's states are told of a connection that has ended. */
    private boolean ofTheDead(AttributeType type) {
        boolean state = type == Tcp.STATE || type == ConntrackAttribute.Sctp.STATE;
        boolean inside = type instanceof Tcp || type instanceof ConntrackAttribute.Sctp;
        return kernel.knows(type) && (!inside || state) && type != ProtoInfo.DCCP;
    }

    private void begin(MessageWriter writer, SampleConntrack entry, int type, int flags, Cause cause) {
        writer.begin(type, flags, 0, cause.portId())
                .nfgenmsg(entry.original().family().number(), 0);
        HEAD.forEach(attribute -> entry.writeAttribute(writer, attribute, kernel::knows));
    }

    private void end(MessageWriter writer, SampleConntrack entry, boolean marked) {
        if (marked || entry.number(ConntrackAttribute.MARK) != 0) {
            entry.writeAttribute(writer, ConntrackAttribute.MARK, kernel::knows);
        }
        if (kernel.timestamps() && kernel.knows(ConntrackAttribute.TIMESTAMP_EVENT)) {
            writer.be64(
                    ConntrackAttribute.TIMESTAMP_EVENT.code(), transport.clock().epochNanos());
        }
        entry.attributes.writeOdd(writer);
        writer.end();
    }

    void expected(SampleExpectation expectation, Cause cause) {
        int flags = Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL;
        send(
                GROUP_EXP_NEW,
                cause,
                writer -> expectation.write(
                        writer.begin(SampleExpectation.NEW, flags, 0, cause.portId()), kernel::knows));
    }

    void unexpected(SampleExpectation expectation, Cause cause) {
        send(
                GROUP_EXP_DESTROY,
                cause,
                writer -> expectation.write(
                        writer.begin(SampleExpectation.NEW | DELETE, 0, 0, cause.portId()), kernel::knows));
    }

    private void send(int group, Cause cause, Consumer<MessageWriter> message) {
        boolean ofConnection = group == GROUP_NEW || group == GROUP_UPDATE || group == GROUP_DESTROY;
        int allocated = ofConnection ? RECKONED : 0;
        transport.multicast(group, allocated, message);
        FakeNetlinkSocket asker = cause.socket();
        if (asker != null && cause.echoed() && !asker.listensTo(group)) {
            MessageWriter writer = new MessageWriter(1 << 16, asker.order());
            message.accept(writer);
            asker.deliverAllocated(Datagrams.bytes(writer), allocated);
        }
    }
}
