package dev.nfkit.testkit;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.Counters;
import dev.nfkit.conntrack.ConntrackAttribute.Dccp;
import dev.nfkit.conntrack.ConntrackAttribute.Help;
import dev.nfkit.conntrack.ConntrackAttribute.ProtoInfo;
import dev.nfkit.conntrack.ConntrackAttribute.Sctp;
import dev.nfkit.conntrack.ConntrackAttribute.SecCtx;
import dev.nfkit.conntrack.ConntrackAttribute.SeqAdj;
import dev.nfkit.conntrack.ConntrackAttribute.SynProxy;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.conntrack.ConntrackAttribute.Timestamp;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * A connection as the kernel sends it: a builder of {@code IPCTNL_MSG_CT_NEW} messages. Attributes that are not set are
 * absent. Set by default is what every entry has: both directions, status (confirmed), mark 0, id 1, use 1, timeout 120
 * s and, for TCP, the state ESTABLISHED. Not safe for several threads.
 *
 * <pre>{@code
 * SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 443)).mark(7).counters(3, 180, 2, 120)
 * }</pre>
 *
 * <p>Attributes are written in the kernel's order ({@code ctnetlink_fill_info} in {@code nf_conntrack_netlink.c}).
 * Passed to {@link FakeConntrack#add}, it is an entry of the table.
 */
public final class SampleConntrack {
    static final int NEW = Netlink.NFNL_SUBSYS_CTNETLINK << 8;
    static final long IPS_CONFIRMED = 1 << 3;

    private static final int MAX_DATAGRAM = 1 << 16;
    private static final int TCP_CONNTRACK_ESTABLISHED = 3;
    private static final long IPS_EXPECTED = 1;
    private static final long IPS_SRC_NAT = 1 << 4;
    private static final long IPS_DST_NAT = 1 << 5;
    private static final long IPS_NAT_DONE = 3 << 7;
    private static final long IPS_SEQ_ADJUST = 1 << 6;
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

    final SampleAttributes attributes = new SampleAttributes(ConntrackAttribute.SCHEMA);
    private SampleTuple original;
    private SampleTuple reply;

    private SampleConntrack(SampleTuple original, SampleTuple reply) {
        this.original = original;
        this.reply = reply;
        tuples(original, reply);
    }

    /**
     * Creates a connection whose reply direction is the inverted original direction.
     *
     * @param original its original direction
     * @return a new builder
     */
    public static SampleConntrack of(SampleTuple original) {
        SampleConntrack entry = new SampleConntrack(original, original.inverted())
                .status(IPS_CONFIRMED)
                .mark(0)
                .id(1)
                .use(1)
                .timeout(120);
        return original.protocol() == SampleTuple.IPPROTO_TCP ? entry.tcp(TCP_CONNTRACK_ESTABLISHED) : entry;
    }

    private SampleConntrack tuples(SampleTuple newOriginal, SampleTuple newReply) {
        original = newOriginal;
        reply = newReply;
        attributes.put(ConntrackAttribute.TUPLE_ORIG, original.attributes());
        attributes.put(ConntrackAttribute.TUPLE_REPLY, reply.attributes());
        return this;
    }

    /**
     * Sets the reply direction, as address translation changes it.
     *
     * @param tuple the tuple
     * @return this builder
     */
    public SampleConntrack reply(SampleTuple tuple) {
        return tuples(original, tuple);
    }

    /**
     * Translates the source: replies are sent to this address, and the status has the corresponding bit.
     *
     * @param address a literal address of the connection's family
     * @param port 0 to 65535
     * @return this builder
     */
    public SampleConntrack sourceNat(String address, int port) {
        reply(reply.with(true, SampleAddress.literal(address), OptionalInt.of(port)));
        return status(status() | IPS_SRC_NAT | IPS_NAT_DONE);
    }

    /**
     * Translates the destination: replies come from this address, and the status has the corresponding bit.
     *
     * @param address a literal address of the connection's family
     * @param port 0 to 65535
     * @return this builder
     */
    public SampleConntrack destinationNat(String address, int port) {
        reply(reply.with(false, SampleAddress.literal(address), OptionalInt.of(port)));
        return status(status() | IPS_DST_NAT | IPS_NAT_DONE);
    }

    /**
     * Sets the zone of both directions.
     *
     * @param id 0 to 65535; 0 is absent on the wire
     * @return this builder
     */
    public SampleConntrack zone(int id) {
        attributes.be16(ConntrackAttribute.ZONE, id);
        if (id == 0) {
            attributes.remove(ConntrackAttribute.ZONE.code());
        }
        return this;
    }

    /**
     * Sets the status bits.
     *
     * @param bits {@code IPS_*}; IPS_CONFIRMED (8) unless set
     * @return this builder
     */
    public SampleConntrack status(long bits) {
        attributes.be32(ConntrackAttribute.STATUS, bits);
        return this;
    }

    /**
     * Sets the remaining time.
     *
     * @param seconds 0 to 2³²−1; 120 unless set
     * @return this builder
     */
    public SampleConntrack timeout(long seconds) {
        attributes.be32(ConntrackAttribute.TIMEOUT, seconds);
        return this;
    }

    /**
     * Sets the mark.
     *
     * @param mark 0 to 2³²−1; 0 unless set
     * @return this builder
     */
    public SampleConntrack mark(long mark) {
        attributes.be32(ConntrackAttribute.MARK, mark);
        return this;
    }

    /**
     * Sets the labels.
     *
     * @param labels the labels to set, of 0 to 127; if none, there is space for labels, and nothing on the wire
     * @return this builder
     */
    public SampleConntrack labels(int... labels) {
        ByteBuffer words = ByteBuffer.allocate(16);
        for (int label : labels) {
            int at = label / Integer.SIZE * Integer.BYTES;
            words.putInt(at, words.getInt(at) | 1 << (label % Integer.SIZE));
        }
        attributes.put(ConntrackAttribute.LABELS.code(), words.array());
        return this;
    }

    /**
     * Sets the counters, as a kernel has them with {@code net.netfilter.nf_conntrack_acct}.
     *
     * @param packets packets of the original direction
     * @param bytes their bytes
     * @param replyPackets packets of the reply direction
     * @param replyBytes their bytes
     * @return this builder
     */
    public SampleConntrack counters(long packets, long bytes, long replyPackets, long replyBytes) {
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

    /**
     * Sets when the connection began, as a kernel with {@code net.netfilter.nf_conntrack_timestamp} sends it.
     *
     * @param nanos nanoseconds since 1970
     * @return this builder
     */
    public SampleConntrack started(long nanos) {
        attributes.nest(ConntrackAttribute.TIMESTAMP).be64(Timestamp.START, nanos);
        return this;
    }

    /**
     * Sets when the connection began and ended.
     *
     * @param started nanoseconds since 1970
     * @param stopped nanoseconds since 1970
     * @return this builder
     */
    public SampleConntrack lasted(long started, long stopped) {
        attributes
                .nest(ConntrackAttribute.TIMESTAMP)
                .be64(Timestamp.START, started)
                .be64(Timestamp.STOP, stopped);
        return this;
    }

    /**
     * Sets when the event of the message occurred.
     *
     * @param nanos nanoseconds since 1970
     * @return this builder
     */
    public SampleConntrack eventTime(long nanos) {
        attributes.be64(ConntrackAttribute.TIMESTAMP_EVENT, nanos);
        return this;
    }

    /**
     * Sets the helper.
     *
     * @param name its name
     * @param info what a helper in user space stores; null omits it
     * @return this builder
     */
    public SampleConntrack helper(String name, byte... info) {
        SampleAttributes help = attributes.nest(ConntrackAttribute.HELP).text(Help.NAME, name);
        if (info.length > 0) {
            help.put(Help.INFO.code(), info);
        }
        return this;
    }

    /**
     * Sets the id. The model of the kernel assigns its own if it is 1.
     *
     * @param id 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleConntrack id(long id) {
        attributes.be32(ConntrackAttribute.ID, id);
        return this;
    }

    /**
     * Sets the number of references to the entry.
     *
     * @param count 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleConntrack use(long count) {
        attributes.be32(ConntrackAttribute.USE, count);
        return this;
    }

    /**
     * Makes it the expected connection of another one.
     *
     * @param master the other's original direction
     * @return this builder
     */
    public SampleConntrack master(SampleTuple master) {
        attributes.put(ConntrackAttribute.TUPLE_MASTER, master.attributes());
        return status(status() | IPS_EXPECTED);
    }

    /**
     * Sets the state of TCP, with window scales and flags of 0.
     *
     * @param state {@code enum tcp_conntrack}, such as 3 for ESTABLISHED
     * @return this builder
     */
    public SampleConntrack tcp(int state) {
        return tcp(state, 0, 0, 0, 0);
    }

    /**
     * Sets the TCP state, window scales and flags.
     *
     * @param state {@code enum tcp_conntrack}, such as 3 for ESTABLISHED
     * @param scale the original direction's window scale
     * @param replyScale the reply direction's window scale
     * @param flags the original direction's {@code IP_CT_TCP_FLAG_*}
     * @param replyFlags the reply direction's {@code IP_CT_TCP_FLAG_*}
     * @return this builder
     */
    public SampleConntrack tcp(int state, int scale, int replyScale, int flags, int replyFlags) {
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

    /**
     * Sets the SCTP state and verification tags.
     *
     * @param state {@code enum sctp_conntrack}
     * @param tag the original direction's verification tag, 0 to 2³²−1
     * @param replyTag the reply direction's verification tag, 0 to 2³²−1
     * @return this builder
     */
    public SampleConntrack sctp(int state, long tag, long replyTag) {
        attributes
                .nest(ConntrackAttribute.PROTOINFO)
                .nest(ProtoInfo.SCTP)
                .u8(Sctp.STATE, state)
                .be32(Sctp.VTAG_ORIGINAL, tag)
                .be32(Sctp.VTAG_REPLY, replyTag);
        return this;
    }

    /**
     * Sets the DCCP state, role and sequence number.
     *
     * @param state {@code enum ct_dccp_states}
     * @param role {@code enum ct_dccp_roles}
     * @param sequence the handshake's sequence number
     * @return this builder
     */
    public SampleConntrack dccp(int state, int role, long sequence) {
        attributes
                .nest(ConntrackAttribute.PROTOINFO)
                .nest(ProtoInfo.DCCP)
                .u8(Dccp.STATE, state)
                .u8(Dccp.ROLE, role)
                .be64(Dccp.HANDSHAKE_SEQ, sequence);
        return this;
    }

    /**
     * Sets the adjustment of the sequence numbers of a direction, and its status bit.
     *
     * @param ofReply whether to set it for the reply direction
     * @param position where the size last changed, 0 to 2³²−1
     * @param before the offset before that position
     * @param after the offset after that position
     * @return this builder
     */
    public SampleConntrack sequenceAdjustment(boolean ofReply, long position, int before, int after) {
        attributes
                .nest(ofReply ? ConntrackAttribute.SEQ_ADJ_REPLY : ConntrackAttribute.SEQ_ADJ_ORIG)
                .be32(SeqAdj.CORRECTION_POS, position)
                .be32(SeqAdj.OFFSET_BEFORE, before)
                .be32(SeqAdj.OFFSET_AFTER, after);
        return status(status() | IPS_SEQ_ADJUST);
    }

    /**
     * Sets the state of the SYN proxy.
     *
     * @param isn the initial sequence number, 0 to 2³²−1
     * @param its the initial timestamp, 0 to 2³²−1
     * @param offset the offset of timestamps, 0 to 2³²−1
     * @return this builder
     */
    public SampleConntrack synProxy(long isn, long its, long offset) {
        attributes
                .nest(ConntrackAttribute.SYNPROXY)
                .be32(SynProxy.ISN, isn)
                .be32(SynProxy.ITS, its)
                .be32(SynProxy.TSOFF, offset);
        return this;
    }

    /**
     * Sets the security context.
     *
     * @param name its text
     * @return this builder
     */
    public SampleConntrack securityContext(String name) {
        attributes.nest(ConntrackAttribute.SECCTX).text(SecCtx.NAME, name);
        return this;
    }

    /**
     * Removes an attribute.
     *
     * @param attribute the attribute
     * @return this builder
     */
    public SampleConntrack without(ConntrackAttribute attribute) {
        attributes.remove(attribute.code());
        return this;
    }

    /**
     * Appends any attribute, known or unknown, with arbitrary bytes. It is written after the others.
     *
     * @param code its type on the wire
     * @param value the value
     * @return this builder
     */
    public SampleConntrack attribute(int code, byte... value) {
        attributes.odd(code, value);
        return this;
    }

    /** Sets when it ended, if it has the time when it began. */
    void stop(long nanos) {
        SampleAttributes lasted = attributes.nested(ConntrackAttribute.TIMESTAMP);
        if (lasted != null && !lasted.has(Timestamp.STOP)) {
            lasted.be64(Timestamp.STOP, nanos);
        }
    }

    /** A copy that the model keeps and changes. */
    SampleConntrack copy() {
        SampleConntrack copy = new SampleConntrack(original, reply);
        copy.attributes.putAll(attributes);
        return copy;
    }

    SampleTuple original() {
        return original;
    }

    SampleTuple reply() {
        return reply;
    }

    long status() {
        return number(ConntrackAttribute.STATUS);
    }

    long number(ConntrackAttribute attribute) {
        return attributes.number(attribute.code());
    }

    /**
     * Appends the message to a writer. It has the form of a dump's entry, without the multipart flag.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public MessageWriter write(MessageWriter writer) {
        writer.begin(NEW, 0, 0).nfgenmsg(original.family().number(), 0);
        return writeAttributes(writer, type -> true).end();
    }

    /** Appends the selected attributes in a dump's order. */
    MessageWriter writeAttributes(MessageWriter writer, Predicate<AttributeType> wanted) {
        Arrays.stream(ORDER).forEach(attribute -> writeAttribute(writer, attribute, wanted));
        attributes.writeOdd(writer);
        return writer;
    }

    /** Appends one attribute if it is present and the kernel would write it: labels only if one is set. */
    void writeAttribute(MessageWriter writer, ConntrackAttribute attribute, Predicate<AttributeType> wanted) {
        boolean unlabelled = attribute == ConntrackAttribute.LABELS
                && attributes
                        .value(attribute.code())
                        .filter(SampleConntrack::labelled)
                        .isEmpty();
        if (!unlabelled) {
            attributes.write(writer, attribute.code(), wanted);
        }
    }

    private static boolean labelled(dev.nfkit.Bytes labels) {
        for (int at = 0; at < labels.length(); at++) {
            if (labels.u8(at) != 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the message as a datagram.
     *
     * @param order the byte order of headers
     * @return its bytes, padded
     */
    public byte[] toDatagram(ByteOrder order) {
        return Datagrams.bytes(write(new MessageWriter(MAX_DATAGRAM, order)));
    }

    /**
     * Returns the attributes only, as packets of NFLOG and NFQUEUE contain them, for {@link SamplePacket#conntrack}.
     *
     * @param order the byte order of headers
     * @return their bytes, without {@link ConntrackAttribute#USE}, which no packet has
     */
    public byte[] toAttributes(ByteOrder order) {
        MessageWriter writer = new MessageWriter(MAX_DATAGRAM, order).begin(NEW, 0, 0);
        writeAttributes(writer, type -> type != ConntrackAttribute.USE).end();
        byte[] message = Datagrams.bytes(writer);
        return Arrays.copyOfRange(message, Netlink.NLMSG_HDRLEN, message.length);
    }
}
