package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Builds what packets of NFLOG and of NFQUEUE have in common: a payload and its attributes. Attributes that are not set
 * are absent, except for family, hook and hardware protocol, which every packet has. Not safe for several threads.
 *
 * @param <S> the type of the builder
 */
public abstract sealed class SamplePacket<S extends SamplePacket<S>> permits SampleNflog, SampleNfqueue {
    /** The packet header's code, which is the same in both families. */
    private static final int PACKET_HDR = 1;

    private static final int VLAN_PROTO = 1;
    private static final int VLAN_TCI = 2;
    private static final int MAX_DATAGRAM = 1 << 18;

    final SampleAttributes attributes;
    byte[] payload = {};
    AddressFamily family = AddressFamily.IPV4;
    int hook = Hook.LOCAL_IN.number();
    int hwProtocol = 0x0800;
    boolean header = true;
    boolean payloadFirst;

    SamplePacket(AttributeSchema schema) {
        attributes = new SampleAttributes(schema);
    }

    abstract S self();

    /** Sets a payload. Family and hardware protocol follow from its first four bits. */
    final S carrying(byte[] bytes) {
        if (bytes.length > 0 && bytes[0] >> 4 == 6) {
            family(AddressFamily.IPV6).hwProtocol(0x86dd);
        }
        return payload(bytes);
    }

    /** Copies everything from another builder. */
    final S like(SamplePacket<S> other) {
        attributes.putAll(other.attributes);
        payload = other.payload;
        family = other.family;
        hook = other.hook;
        hwProtocol = other.hwProtocol;
        header = other.header;
        payloadFirst = other.payloadFirst;
        return self();
    }

    final S put(int code, byte... value) {
        attributes.put(code, value);
        return self();
    }

    final S be32(int code, long value) {
        attributes.be32(code, value);
        return self();
    }

    private S put(String key, byte... value) {
        return put(attributes.code(key), value);
    }

    private S be32(String key, long value) {
        return be32(attributes.code(key), value);
    }

    /**
     * Sets the family.
     *
     * @param family the family of the rule
     * @return this builder
     */
    public S family(AddressFamily family) {
        this.family = family;
        return self();
    }

    /**
     * Sets the hook, in the packet header.
     *
     * @param number the hook's number in the family, 0 to 255
     * @return this builder
     */
    public S hook(int number) {
        hook = number;
        return self();
    }

    /**
     * Sets the hardware protocol, in the packet header.
     *
     * @param etherType such as 0x0800
     * @return this builder
     */
    public S hwProtocol(int etherType) {
        hwProtocol = etherType;
        return self();
    }

    /**
     * Omits the packet header, which no kernel does.
     *
     * @return this builder
     */
    public S withoutPacketHeader() {
        header = false;
        return self();
    }

    /**
     * Sets the mark.
     *
     * @param mark 0 to 2³²−1
     * @return this builder
     */
    public S mark(long mark) {
        return be32("mark", mark);
    }

    /**
     * Sets the kernel's timestamp, in microseconds.
     *
     * @param time the time
     * @return this builder
     */
    public S timestamp(Instant time) {
        ByteBuffer value = ByteBuffer.allocate(16).putLong(time.getEpochSecond());
        return put("timestamp", value.putLong(time.getNano() / 1000).array());
    }

    /**
     * Sets the device on which the packet arrived.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S inDevice(long index) {
        return be32("ifindex_indev", index);
    }

    /**
     * Sets the device by which the packet leaves.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S outDevice(long index) {
        return be32("ifindex_outdev", index);
    }

    /**
     * Sets the bridge port on which the packet arrived.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S physicalInDevice(long index) {
        return be32("ifindex_physindev", index);
    }

    /**
     * Sets the bridge port by which the packet leaves.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S physicalOutDevice(long index) {
        return be32("ifindex_physoutdev", index);
    }

    /**
     * Sets the sender's hardware address.
     *
     * @param address up to 8 bytes
     * @return this builder
     */
    public S hardwareAddress(byte... address) {
        ByteBuffer value = ByteBuffer.allocate(12).putShort((short) address.length);
        return put("hwaddr", value.putShort((short) 0).put(address).array());
    }

    /**
     * Sets the payload.
     *
     * @param bytes up to 65531 bytes; if empty, the attribute is omitted
     * @return this builder
     */
    public S payload(byte... bytes) {
        payload = bytes.clone();
        return self();
    }

    /**
     * Sets the owner of the sending socket.
     *
     * @param id 0 to 2³²−1
     * @return this builder
     */
    public S uid(long id) {
        return be32("uid", id);
    }

    /**
     * Sets the group of the sending socket's owner.
     *
     * @param id 0 to 2³²−1
     * @return this builder
     */
    public S gid(long id) {
        return be32("gid", id);
    }

    /**
     * Sets the conntrack entry.
     *
     * @param entry its attributes, encoded
     * @return this builder
     */
    public S conntrack(byte... entry) {
        return put("ct", entry);
    }

    /**
     * Sets the packet's relation to its conntrack entry.
     *
     * @param info {@code enum ip_conntrack_info}
     * @return this builder
     */
    public S conntrackInfo(long info) {
        return be32("ct_info", info);
    }

    /**
     * Sets the VLAN tag.
     *
     * @param protocol 0x8100 or 0x88a8
     * @param tci priority, DEI and id
     * @return this builder
     */
    public S vlan(int protocol, int tci) {
        attributes
                .nest(attributes.type("vlan"))
                .put(VLAN_TCI, (byte) (tci >> 8), (byte) tci)
                .put(VLAN_PROTO, (byte) (protocol >> 8), (byte) protocol);
        return self();
    }

    final Optional<VlanTag> vlanTag() {
        return Optional.ofNullable(attributes.nested(attributes.type("vlan")))
                .map(tag -> new VlanTag(
                        tag.value(VLAN_PROTO).orElseThrow().u16(0),
                        tag.value(VLAN_TCI).orElseThrow().u16(0)));
    }

    /**
     * Sets the layer-2 header, for bridge and netdev families.
     *
     * @param bytes the header
     * @return this builder
     */
    public S layer2Header(byte... bytes) {
        return put("l2hdr", bytes);
    }

    /**
     * Appends any attribute, known or unknown, with arbitrary bytes.
     *
     * @param code its type on the wire
     * @param value the value
     * @return this builder
     */
    public S attribute(int code, byte... value) {
        attributes.odd(code, value);
        return self();
    }

    /**
     * Writes the payload before the other attributes, so that the last attribute is another one.
     *
     * @return this builder
     */
    public S payloadFirst() {
        payloadFirst = true;
        return self();
    }

    final int payloadLength() {
        return payload.length;
    }

    /**
     * Appends the message to a writer.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public abstract MessageWriter write(MessageWriter writer);

    /**
     * Appends the bytes after {@code struct nfgenmsg}: the attributes in the given order, and the payload from the
     * given start.
     */
    final MessageWriter write(
            MessageWriter writer, byte[] packetHeader, int[] order, int copied, IntConsumer attribute) {
        if (header) {
            writer.bytes(PACKET_HDR, packetHeader);
        }
        if (payloadFirst) {
            writePayload(writer, copied);
        }
        for (int code : order) {
            attribute.accept(code);
        }
        attributes.writeOdd(writer);
        if (!payloadFirst) {
            writePayload(writer, copied);
        }
        return writer.end();
    }

    private void writePayload(MessageWriter writer, int copied) {
        if (copied > 0 && payload.length > 0) {
            writer.bytes(attributes.code("payload"), Bytes.of(payload).slice(0, Math.min(copied, payload.length)));
        }
    }

    /**
     * Returns the message as a datagram, in this machine's byte order.
     *
     * @return its bytes, padded
     */
    public byte[] toDatagram() {
        return toDatagram(ByteOrder.nativeOrder());
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
     * Returns the message as a datagram whose last attribute lacks its padding, which is valid.
     *
     * @param order the byte order of headers
     * @return its bytes, truncated to {@code nlmsg_len}
     */
    public byte[] toUnpaddedDatagram(ByteOrder order) {
        return Datagrams.withoutTailPadding(toDatagram(order), order);
    }
}
