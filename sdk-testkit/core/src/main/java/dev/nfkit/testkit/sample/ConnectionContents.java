// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.sample;

import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.Counters;
import dev.nfkit.conntrack.ConntrackAttribute.Dccp;
import dev.nfkit.conntrack.ConntrackAttribute.Help;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.Sctp;
import dev.nfkit.conntrack.ConntrackAttribute.SynProxy;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.conntrack.ConntrackAttribute.Timestamp;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * The contents of a connection's message, which the model of the kernel keeps as its entry. Attributes are written in
 * the kernel's order ({@code ctnetlink_fill_info} in {@code nf_conntrack_netlink.c}). Not safe for several threads.
 */
public final class ConnectionContents {
    /** The message type of a connection. */
    public static final int NEW = Netlink.NFNL_SUBSYS_CTNETLINK << 8;
    /** The connection is in the table. */
    public static final long IPS_CONFIRMED = 1 << 3;

    private static final int TCP_CONNTRACK_ESTABLISHED = 3;
    private static final long IPS_EXPECTED = 1;
    /** The kernel's order in a dump. */
    private static final ConntrackAttribute[] ORDER = {
        ConntrackAttribute.TUPLE_ORIG,
        ConntrackAttribute.TUPLE_REPLY,
        ConntrackAttribute.ZONE,
        ConntrackAttribute.STATUS,
        ConntrackAttribute.MARK,
        ConntrackAttribute.SECCTX,
        ConntrackAttribute.ID,
        ConntrackAttribute.USE,
        ConntrackAttribute.TUPLE_MASTER,
        ConntrackAttribute.TIMEOUT,
        ConntrackAttribute.PROTOINFO,
        ConntrackAttribute.COUNTERS_ORIG,
        ConntrackAttribute.COUNTERS_REPLY,
        ConntrackAttribute.TIMESTAMP,
        ConntrackAttribute.HELP,
        ConntrackAttribute.LABELS,
        ConntrackAttribute.SEQ_ADJ_ORIG,
        ConntrackAttribute.SEQ_ADJ_REPLY,
        ConntrackAttribute.SYNPROXY,
        ConntrackAttribute.TIMESTAMP_EVENT,
    };

    private final MessageAttributes attributes = new MessageAttributes(ConntrackAttribute.SCHEMA);
    private ConntrackTuple original;
    private ConntrackTuple reply;

    private ConnectionContents(ConntrackTuple original, ConntrackTuple reply) {
        this.original = original;
        this.reply = reply;
        tuples(original, reply);
    }

    /** Creates a connection whose reply direction is the inverted original direction. */
    public static ConnectionContents of(ConntrackTuple original) {
        ConnectionContents entry = new ConnectionContents(original, original.inverted())
                .status(IPS_CONFIRMED)
                .mark(0)
                .id(1)
                .use(1)
                .timeout(120);
        return original.protocol() == ConntrackTuple.IPPROTO_TCP ? entry.tcp(TCP_CONNTRACK_ESTABLISHED) : entry;
    }

    /** All attributes. */
    public MessageAttributes attributes() {
        return attributes;
    }

    private ConnectionContents tuples(ConntrackTuple newOriginal, ConntrackTuple newReply) {
        original = newOriginal;
        reply = newReply;
        attributes.put(ConntrackAttribute.TUPLE_ORIG, original.attributes());
        attributes.put(ConntrackAttribute.TUPLE_REPLY, reply.attributes());
        return this;
    }

    /** Sets the reply direction, as address translation changes it. */
    public ConnectionContents reply(ConntrackTuple tuple) {
        return tuples(original, tuple);
    }

    /** Sets the zone of both directions. */
    public ConnectionContents zone(int id) {
        attributes.be16(ConntrackAttribute.ZONE, id);
        if (id == 0) {
            attributes.remove(ConntrackAttribute.ZONE.code());
        }
        return this;
    }

    /** Sets the status bits. */
    public ConnectionContents status(long bits) {
        attributes.be32(ConntrackAttribute.STATUS, bits);
        return this;
    }

    /** Sets the remaining time. */
    public ConnectionContents timeout(long seconds) {
        attributes.be32(ConntrackAttribute.TIMEOUT, seconds);
        return this;
    }

    /** Sets the mark. */
    public ConnectionContents mark(long mark) {
        attributes.be32(ConntrackAttribute.MARK, mark);
        return this;
    }

    /** Sets the counters, as a kernel has them with {@code net.netfilter.nf_conntrack_acct}. */
    public ConnectionContents counters(long packets, long bytes, long replyPackets, long replyBytes) {
        attributes
                .nest(ConntrackAttribute.COUNTERS_ORIG)
                .be64(Counters.PACKETS, packets)
                .be64(Counters.BYTES, bytes);
        attributes
                .nest(ConntrackAttribute.COUNTERS_REPLY)
                .be64(Counters.PACKETS, replyPackets)
                .be64(Counters.BYTES, replyBytes);
        return this;
    }

    /** Sets when the connection began, as a kernel with {@code net.netfilter.nf_conntrack_timestamp} sends it. */
    public ConnectionContents started(long nanos) {
        attributes.nest(ConntrackAttribute.TIMESTAMP).be64(Timestamp.START, nanos);
        return this;
    }

    /** Whether it has the time of its beginning. */
    public boolean hasStart() {
        return attributes.nested(ConntrackAttribute.TIMESTAMP) != null;
    }

    /** Whether its packets and bytes are counted. */
    public boolean hasCounters() {
        return attributes.nested(ConntrackAttribute.COUNTERS_ORIG) != null;
    }

    /** Sets the helper. */
    public ConnectionContents helper(String name, byte... info) {
        MessageAttributes help = attributes.nest(ConntrackAttribute.HELP).text(Help.NAME, name);
        if (info.length > 0) {
            help.put(Help.INFO.code(), info);
        }
        return this;
    }

    /** Sets the id. */
    public ConnectionContents id(long id) {
        attributes.be32(ConntrackAttribute.ID, id);
        return this;
    }

    /** Sets the number of references to the entry. */
    public ConnectionContents use(long count) {
        attributes.be32(ConntrackAttribute.USE, count);
        return this;
    }

    /** Makes it the expected connection of another one. */
    public ConnectionContents master(ConntrackTuple master) {
        attributes.put(ConntrackAttribute.TUPLE_MASTER, master.attributes());
        return status(status() | IPS_EXPECTED);
    }

    /** Sets the state of TCP, with window scales and flags of 0. */
    public ConnectionContents tcp(int state) {
        return tcp(state, 0, 0, 0, 0);
    }

    /** Sets the TCP state, window scales and flags. */
    public ConnectionContents tcp(int state, int scale, int replyScale, int flags, int replyFlags) {
        attributes
                .nest(ConntrackAttribute.PROTOINFO)
                .nest(ProtoInfo.TCP)
                .u8(Tcp.STATE, state)
                .u8(Tcp.WSCALE_ORIGINAL, scale)
                .u8(Tcp.WSCALE_REPLY, replyScale)
                .put(Tcp.FLAGS_ORIGINAL.code(), (byte) flags, (byte) 0)
                .put(Tcp.FLAGS_REPLY.code(), (byte) replyFlags, (byte) 0);
        return this;
    }

    /** Sets the SCTP state and verification tags. */
    public ConnectionContents sctp(int state, long tag, long replyTag) {
        attributes
                .nest(ConntrackAttribute.PROTOINFO)
                .nest(ProtoInfo.SCTP)
                .u8(Sctp.STATE, state)
                .be32(Sctp.VTAG_ORIGINAL, tag)
                .be32(Sctp.VTAG_REPLY, replyTag);
        return this;
    }

    /** Sets the DCCP state, role and sequence number. */
    public ConnectionContents dccp(int state, int role, long sequence) {
        attributes
                .nest(ConntrackAttribute.PROTOINFO)
                .nest(ProtoInfo.DCCP)
                .u8(Dccp.STATE, state)
                .u8(Dccp.ROLE, role)
                .be64(Dccp.HANDSHAKE_SEQ, sequence);
        return this;
    }

    /** Sets the state of the SYN proxy. */
    public ConnectionContents synProxy(long isn, long its, long offset) {
        attributes
                .nest(ConntrackAttribute.SYNPROXY)
                .be32(SynProxy.ISN, isn)
                .be32(SynProxy.ITS, its)
                .be32(SynProxy.TSOFF, offset);
        return this;
    }

    /** Removes an attribute. */
    public ConnectionContents without(ConntrackAttribute attribute) {
        attributes.remove(attribute.code());
        return this;
    }

    /** Sets when it ended, if it has the time when it began. */
    public void stop(long nanos) {
        MessageAttributes lasted = attributes.nested(ConntrackAttribute.TIMESTAMP);
        if (lasted != null && !lasted.has(Timestamp.STOP)) {
            lasted.be64(Timestamp.STOP, nanos);
        }
    }

    /** A copy that the model keeps and changes. */
    public ConnectionContents copy() {
        ConnectionContents copy = new ConnectionContents(original, reply);
        copy.attributes.putAll(attributes);
        return copy;
    }

    /** The original direction. */
    public ConntrackTuple original() {
        return original;
    }

    /** The reply direction. */
    public ConntrackTuple reply() {
        return reply;
    }

    /** The status bits. */
    public long status() {
        return number(ConntrackAttribute.STATUS);
    }

    /** A number, or 0 if it is absent. */
    public long number(ConntrackAttribute attribute) {
        return attributes.number(attribute.code());
    }

    /** Appends the message to a writer. */
    public MessageWriter write(MessageWriter writer) {
        writer.begin(NEW, 0, 0).nfgenmsg(original.family().number(), 0);
        return writeAttributes(writer, type -> true).end();
    }

    /** Appends the selected attributes in a dump's order. */
    public MessageWriter writeAttributes(MessageWriter writer, Predicate<AttributeType> wanted) {
        Arrays.stream(ORDER).forEach(attribute -> writeAttribute(writer, attribute, wanted));
        attributes.writeOdd(writer);
        return writer;
    }

    /** Appends one attribute if it is present and the kernel would write it: labels only if one is set. */
    public void writeAttribute(MessageWriter writer, ConntrackAttribute attribute, Predicate<AttributeType> wanted) {
        boolean unlabelled = attribute == ConntrackAttribute.LABELS
                && attributes
                        .value(attribute.code())
                        .filter(ConnectionContents::labelled)
                        .isEmpty();
        if (!unlabelled) {
            attributes.write(writer, attribute.code(), wanted);
        }
    }

    private static boolean labelled(Bytes labels) {
        for (int at = 0; at < labels.length(); at++) {
            if (labels.u8(at) != 0) {
                return true;
            }
        }
        return false;
    }
}
