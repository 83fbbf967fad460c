package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A packet as NFLOG sends it: a builder of {@code NFULNL_MSG_PACKET} messages. What is not set is absent, family, hook
 * and hardware protocol apart, which every packet has. Not safe for several threads.
 *
 * <pre>{@code
 * byte[] datagram = SampleNflog.of(SamplePackets.udp4()).group(30).prefix("in: ").mark(7).toDatagram();
 * }</pre>
 *
 * <p>Attributes are by the kernel's codes, written in the kernel's order ({@code __build_packet_message} in
 * {@code net/netfilter/nfnetlink_log.c}).
 */
public final class SampleNflog {
    static final int PACKET = Netlink.NFNL_SUBSYS_ULOG << 8;
    static final int PAYLOAD = 9;
    static final int SEQ = 12;
    static final int SEQ_GLOBAL = 13;
    private static final int VLAN = 20;
    private static final int PACKET_HDR = 1;
    private static final int MAX_DATAGRAM = 1 << 18;
    /** The kernel's order of attributes between the packet header and the payload. */
    private static final int[] ORDER = {10, 4, 6, 5, 7, 2, 8, 15, 17, 16, 3, 11, 14, 12, 13, 18, 19, 20, 21};

    private final Map<Integer, byte[]> attributes = new LinkedHashMap<>();
    private final Map<Integer, byte[]> unknown = new LinkedHashMap<>();
    private byte[] payload = {};
    private AddressFamily family = AddressFamily.IPV4;
    private int group;
    private int hook = Hook.LOCAL_IN.number();
    private int hwProtocol = 0x0800;
    private int queueThreshold;
    private boolean header = true;
    private boolean payloadFirst;

    private SampleNflog() {}

    /**
     * A packet with a payload; family and hardware protocol follow from its first four bits.
     *
     * @param payload an IP packet, or anything
     * @return a new builder
     */
    public static SampleNflog of(byte... payload) {
        SampleNflog sample = new SampleNflog().payload(payload);
        if (payload.length > 0 && payload[0] >> 4 == 6) {
            sample.family(AddressFamily.IPV6).hwProtocol(0x86dd);
        }
        return sample;
    }

    private SampleNflog put(int code, byte... value) {
        attributes.put(code, value.clone());
        return this;
    }

    private SampleNflog be16(int code, int value) {
        return put(code, (byte) (value >> 8), (byte) value);
    }

    private SampleNflog be32(int code, long value) {
        return put(code, ByteBuffer.allocate(4).putInt((int) value).array());
    }

    /**
     * Sets the family.
     *
     * @param family the family of the rule
     * @return this builder
     */
    public SampleNflog family(AddressFamily family) {
        this.family = family;
        return this;
    }

    /**
     * Sets the group.
     *
     * @param group 0 to 65535
     * @return this builder
     */
    public SampleNflog group(int group) {
        this.group = group;
        return this;
    }

    /**
     * Sets the hook ({@code NFULA_PACKET_HDR}).
     *
     * @param number the hook's number in the family, 0 to 255
     * @return this builder
     */
    public SampleNflog hook(int number) {
        hook = number;
        return this;
    }

    /**
     * Sets the hardware protocol ({@code NFULA_PACKET_HDR}).
     *
     * @param etherType such as 0x0800
     * @return this builder
     */
    public SampleNflog hwProtocol(int etherType) {
        hwProtocol = etherType;
        return this;
    }

    /**
     * Leaves the packet header out, as no kernel does.
     *
     * @return this builder
     */
    public SampleNflog withoutPacketHeader() {
        header = false;
        return this;
    }

    /**
     * Sets the mark.
     *
     * @param mark 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog mark(long mark) {
        return be32(2, mark);
    }

    /**
     * Sets the kernel's timestamp, to the microsecond.
     *
     * @param time the time
     * @return this builder
     */
    public SampleNflog timestamp(Instant time) {
        return put(
                3,
                ByteBuffer.allocate(16)
                        .putLong(time.getEpochSecond())
                        .putLong(time.getNano() / 1000)
                        .array());
    }

    /**
     * Sets the device that the packet came in by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public SampleNflog inDevice(long index) {
        return be32(4, index);
    }

    /**
     * Sets the device that the packet goes out by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public SampleNflog outDevice(long index) {
        return be32(5, index);
    }

    /**
     * Sets the port of the bridge that the packet came in by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public SampleNflog physicalInDevice(long index) {
        return be32(6, index);
    }

    /**
     * Sets the port of the bridge that the packet goes out by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public SampleNflog physicalOutDevice(long index) {
        return be32(7, index);
    }

    /**
     * Sets the sender's hardware address.
     *
     * @param address up to 8 bytes
     * @return this builder
     */
    public SampleNflog hardwareAddress(byte... address) {
        return hardwareAddress(address.length, address);
    }

    /**
     * Sets the sender's hardware address with a length field of its own, which may be a lie.
     *
     * @param length the length field
     * @param address up to 8 bytes
     * @return this builder
     */
    public SampleNflog hardwareAddress(int length, byte... address) {
        ByteBuffer value = ByteBuffer.allocate(12).putShort((short) length).putShort((short) 0);
        return put(8, value.put(address).array());
    }

    /**
     * Sets the payload.
     *
     * @param bytes up to 65531 bytes; none leaves the attribute out
     * @return this builder
     */
    public SampleNflog payload(byte... bytes) {
        payload = bytes.clone();
        return this;
    }

    /**
     * Sets the prefix, and ends it with NUL.
     *
     * @param text the text
     * @return this builder
     */
    public SampleNflog prefix(String text) {
        return put(10, (text + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets the owner of the sending socket.
     *
     * @param id 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog uid(long id) {
        return be32(11, id);
    }

    /**
     * Sets the group of the sending socket's owner.
     *
     * @param id 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog gid(long id) {
        return be32(14, id);
    }

    /**
     * Sets the sequence number of the group.
     *
     * @param number 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog sequence(long number) {
        return be32(SEQ, number);
    }

    /**
     * Sets the sequence number of all groups.
     *
     * @param number 0 to 2³²−1
     * @return this builder
     */
    public SampleNflog globalSequence(long number) {
        return be32(SEQ_GLOBAL, number);
    }

    /**
     * Sets type, length and bytes of the hardware header.
     *
     * @param type {@code ARPHRD_*}, such as 1 for Ethernet
     * @param bytes the header
     * @return this builder
     */
    public SampleNflog hardwareHeader(int type, byte... bytes) {
        return be16(15, type).be16(17, bytes.length).put(16, bytes);
    }

    /**
     * Sets the conntrack entry.
     *
     * @param attributes its attributes, encoded
     * @return this builder
     */
    public SampleNflog conntrack(byte... attributes) {
        return put(18, attributes);
    }

    /**
     * Sets the packet's relation to its conntrack entry.
     *
     * @param info {@code enum ip_conntrack_info}
     * @return this builder
     */
    public SampleNflog conntrackInfo(long info) {
        return be32(19, info);
    }

    /**
     * Sets the VLAN tag.
     *
     * @param protocol 0x8100 or 0x88a8
     * @param tci priority, DEI and id
     * @return this builder
     */
    public SampleNflog vlan(int protocol, int tci) {
        // The nest's headers are in the host's order, so it is made when the message is written.
        return put(VLAN, (byte) (protocol >> 8), (byte) protocol, (byte) (tci >> 8), (byte) tci);
    }

    /**
     * Sets the layer-2 header, of bridge and netdev families.
     *
     * @param bytes the header
     * @return this builder
     */
    public SampleNflog layer2Header(byte... bytes) {
        return put(21, bytes);
    }

    /**
     * Sets any attribute, known or not, to any bytes, well-formed or not.
     *
     * @param code its type on the wire
     * @param value the value
     * @return this builder
     */
    public SampleNflog attribute(int code, byte... value) {
        attributes.remove(code);
        unknown.put(code, value.clone());
        return this;
    }

    /**
     * Puts the payload before the other attributes, so that the last attribute is another one.
     *
     * @return this builder
     */
    public SampleNflog payloadFirst() {
        payloadFirst = true;
        return this;
    }

    /**
     * Sets the rule's own threshold ({@code --nflog-threshold}), which the model of NFLOG heeds; it is not on the wire.
     *
     * @param packets 1 and more, or 0 for none
     * @return this builder
     */
    public SampleNflog ruleThreshold(int packets) {
        queueThreshold = packets;
        return this;
    }

    int ruleThreshold() {
        return queueThreshold;
    }

    int payloadLength() {
        return payload.length;
    }

    /**
     * Appends the message to a writer.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public MessageWriter write(MessageWriter writer) {
        return write(writer, group, payload.length, OptionalLong.empty(), OptionalLong.empty());
    }

    /** Appends the message as a group of a model makes it. */
    MessageWriter write(
            MessageWriter writer, int toGroup, int copied, OptionalLong sequence, OptionalLong globalSequence) {
        writer.begin(PACKET, 0, 0).nfgenmsg(family.number(), toGroup);
        if (header) {
            writer.bytes(PACKET_HDR, (byte) (hwProtocol >> 8), (byte) hwProtocol, (byte) hook, (byte) 0);
        }
        if (payloadFirst) {
            writePayload(writer, copied);
        }
        for (int code : ORDER) {
            byte[] value = attributes.get(code);
            if (code == SEQ && sequence.isPresent()) {
                writer.be32(SEQ, sequence.getAsLong());
            } else if (code == SEQ_GLOBAL && globalSequence.isPresent()) {
                writer.be32(SEQ_GLOBAL, globalSequence.getAsLong());
            } else if (value != null && code == VLAN) {
                int nest = writer.beginNest(VLAN);
                writer.bytes(1, value[0], value[1]).bytes(2, value[2], value[3]).endNest(nest);
            } else if (value != null) {
                writer.bytes(code, value);
            }
        }
        unknown.forEach(writer::bytes);
        if (!payloadFirst) {
            writePayload(writer, copied);
        }
        return writer.end();
    }

    private void writePayload(MessageWriter writer, int copied) {
        if (copied > 0 && payload.length > 0) {
            writer.bytes(PAYLOAD, Bytes.of(payload).slice(0, Math.min(copied, payload.length)));
        }
    }

    /**
     * The message as a datagram of its own, in this machine's byte order.
     *
     * @return its bytes, padded
     */
    public byte[] toDatagram() {
        return toDatagram(ByteOrder.nativeOrder());
    }

    /**
     * The message as a datagram of its own.
     *
     * @param order the byte order of headers
     * @return its bytes, padded
     */
    public byte[] toDatagram(ByteOrder order) {
        return NflogMessages.bytes(write(new MessageWriter(MAX_DATAGRAM, order)));
    }

    /**
     * The message as a datagram of its own whose last attribute lacks its padding, as is legal.
     *
     * @param order the byte order of headers
     * @return its bytes, cut to {@code nlmsg_len}
     */
    public byte[] toUnpaddedDatagram(ByteOrder order) {
        return NflogMessages.withoutTailPadding(toDatagram(order), order);
    }
}
