// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.SecCtx;
import dev.nfkit.conntrack.ConntrackAttribute.SeqAdj;
import dev.nfkit.conntrack.ConntrackAttribute.Timestamp;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.message.LiteralAddress;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;

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
    private static final int MAX_DATAGRAM = 1 << 16;
    private static final long IPS_SRC_NAT = 1 << 4;
    private static final long IPS_DST_NAT = 1 << 5;
    private static final long IPS_SEQ_ADJUST = 1 << 6;
    private static final long IPS_NAT_DONE = 3 << 7;

    private final ConnectionContents contents;

    /** Creates a builder of these contents, which are not copied. */
    SampleConntrack(ConnectionContents contents) {
        this.contents = contents;
    }

    /**
     * Creates a connection whose reply direction is the inverted original direction.
     *
     * @param original its original direction
     * @return a new builder
     */
    public static SampleConntrack of(SampleTuple original) {
        return new SampleConntrack(ConnectionContents.of(original.tuple()));
    }

    /**
     * Sets the reply direction, as address translation changes it.
     *
     * @param tuple the tuple
     * @return this builder
     */
    public SampleConntrack reply(SampleTuple tuple) {
        contents.reply(tuple.tuple());
        return this;
    }

    /**
     * Translates the source: replies are sent to this address, and the status has the corresponding bit.
     *
     * @param address a literal address of the connection's family
     * @param port 0 to 65535
     * @return this builder
     */
    public SampleConntrack sourceNat(String address, int port) {
        return translate(true, address, port, IPS_SRC_NAT);
    }

    /**
     * Translates the destination: replies come from this address, and the status has the corresponding bit.
     *
     * @param address a literal address of the connection's family
     * @param port 0 to 65535
     * @return this builder
     */
    public SampleConntrack destinationNat(String address, int port) {
        return translate(false, address, port, IPS_DST_NAT);
    }

    /**
     * Sets the zone of both directions.
     *
     * @param id 0 to 65535; 0 is absent on the wire
     * @return this builder
     */
    public SampleConntrack zone(int id) {
        contents.zone(id);
        return this;
    }

    /**
     * Sets the status bits.
     *
     * @param bits {@code IPS_*}; IPS_CONFIRMED (8) unless set
     * @return this builder
     */
    public SampleConntrack status(long bits) {
        contents.status(bits);
        return this;
    }

    /**
     * Sets the remaining time.
     *
     * @param seconds 0 to 2³²−1; 120 unless set
     * @return this builder
     */
    public SampleConntrack timeout(long seconds) {
        contents.timeout(seconds);
        return this;
    }

    /**
     * Sets the mark.
     *
     * @param mark 0 to 2³²−1; 0 unless set
     * @return this builder
     */
    public SampleConntrack mark(long mark) {
        contents.mark(mark);
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
        contents.attributes().put(ConntrackAttribute.LABELS.code(), words.array());
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
        contents.counters(packets, bytes, replyPackets, replyBytes);
        return this;
    }

    /**
     * Sets when the connection began, as a kernel with {@code net.netfilter.nf_conntrack_timestamp} sends it.
     *
     * @param nanos nanoseconds since 1970
     * @return this builder
     */
    public SampleConntrack started(long nanos) {
        contents.started(nanos);
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
        contents.attributes()
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
        contents.attributes().be64(ConntrackAttribute.TIMESTAMP_EVENT, nanos);
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
        contents.helper(name, info);
        return this;
    }

    /**
     * Sets the id. The model of the kernel assigns its own if it is 1.
     *
     * @param id 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleConntrack id(long id) {
        contents.id(id);
        return this;
    }

    /**
     * Sets the number of references to the entry.
     *
     * @param count 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleConntrack use(long count) {
        contents.use(count);
        return this;
    }

    /**
     * Makes it the expected connection of another one.
     *
     * @param master the other's original direction
     * @return this builder
     */
    public SampleConntrack master(SampleTuple master) {
        contents.master(master.tuple());
        return this;
    }

    /**
     * Sets the state of TCP, with window scales and flags of 0.
     *
     * @param state {@code enum tcp_conntrack}, such as 3 for ESTABLISHED
     * @return this builder
     */
    public SampleConntrack tcp(int state) {
        contents.tcp(state);
        return this;
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
        contents.tcp(state, scale, replyScale, flags, replyFlags);
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
        contents.sctp(state, tag, replyTag);
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
        contents.dccp(state, role, sequence);
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
        contents.attributes()
                .nest(ofReply ? ConntrackAttribute.SEQ_ADJ_REPLY : ConntrackAttribute.SEQ_ADJ_ORIG)
                .be32(SeqAdj.CORRECTION_POS, position)
                .be32(SeqAdj.OFFSET_BEFORE, before)
                .be32(SeqAdj.OFFSET_AFTER, after);
        return withStatus(IPS_SEQ_ADJUST);
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
        contents.synProxy(isn, its, offset);
        return this;
    }

    /**
     * Sets the security context.
     *
     * @param name its text
     * @return this builder
     */
    public SampleConntrack securityContext(String name) {
        contents.attributes().nest(ConntrackAttribute.SECCTX).text(SecCtx.NAME, name);
        return this;
    }

    /**
     * Removes an attribute.
     *
     * @param attribute the attribute
     * @return this builder
     */
    public SampleConntrack without(ConntrackAttribute attribute) {
        contents.without(attribute);
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
        contents.attributes().odd(code, value);
        return this;
    }

    /**
     * Appends the message to a writer. It has the form of a dump's entry, without the multipart flag.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public MessageWriter write(MessageWriter writer) {
        return contents.write(writer);
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
        MessageWriter writer = new MessageWriter(MAX_DATAGRAM, order).begin(ConnectionContents.NEW, 0, 0);
        contents.writeAttributes(writer, type -> type != ConntrackAttribute.USE).end();
        byte[] message = Datagrams.bytes(writer);
        return Arrays.copyOfRange(message, Netlink.NLMSG_HDRLEN, message.length);
    }

    private SampleConntrack translate(boolean ofSource, String address, int port, long bit) {
        contents.reply(contents.reply().with(ofSource, LiteralAddress.literal(address), OptionalInt.of(port)));
        return withStatus(bit | IPS_NAT_DONE);
    }

    private SampleConntrack withStatus(long bits) {
        contents.status(contents.status() | bits);
        return this;
    }

    /** The contents, which the model of the kernel copies. */
    ConnectionContents contents() {
        return contents;
    }
}
