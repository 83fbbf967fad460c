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
 * What the packets of NFLOG and of NFQUEUE have in common, to build: a payload and the attributes about it. What is not
 * set is absent, family, hook and hardware protocol apart, which every packet has. Not safe for several threads.
 *
 * @param <S> the builder itself
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

    /** Takes a payload, from whose first four bits family and hardware protocol follow. */
    final S carrying(byte[] bytes) {
        if (bytes.length > 0 && bytes[0] >> 4 == 6) {
            family(AddressFamily.IPV6).hwProtocol(0x86dd);
        }
        return payload(bytes);
    }

    /** Takes everything that another builder has. */
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
     * Leaves the packet header out, as no kernel does.
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
     * Sets the kernel's timestamp, to the microsecond.
     *
     * @param time the time
     * @return this builder
     */
    public S timestamp(Instant time) {
        ByteBuffer value = ByteBuffer.allocate(16).putLong(time.getEpochSecond());
        return put("timestamp", value.putLong(time.getNano() / 1000).array());
    }

    /**
     * Sets the device that the packet came in by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S inDevice(long index) {
        return be32("ifindex_indev", index);
    }

    /**
     * Sets the device that the packet goes out by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S outDevice(long index) {
        return be32("ifindex_outdev", index);
    }

    /**
     * Sets the port of the bridge that the packet came in by.
     *
     * @param index the interface's index
     * @return this builder
     */
    public S physicalInDevice(long index) {
        return be32("ifindex_physindev", index);
    }

    /**
     * Sets the port of the bridge that the packet goes out by.
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
     * @param bytes up to 65531 bytes; none leaves the attribute out
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
     * Sets the layer-2 header, of bridge and netdev families.
     *
     * @param bytes the header
     * @return this builder
     */
    public S layer2Header(byte... bytes) {
        return put("l2hdr", bytes);
    }

    /**
     * Sets any attribute, known or not, to any bytes, well-formed or not.
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
     * Puts the payload before the other attributes, so that the last attribute is another one.
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

    /** Appends what follows {@code struct nfgenmsg}: what is asked of the order's attributes, and the payload's start. */
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
        return Datagrams.bytes(write(new MessageWriter(MAX_DATAGRAM, order)));
    }

    /**
     * The message as a datagram of its own whose last attribute lacks its padding, as is legal.
     *
     * @param order the byte order of headers
     * @return its bytes, cut to {@code nlmsg_len}
     */
    public byte[] toUnpaddedDatagram(ByteOrder order) {
        return Datagrams.withoutTailPadding(toDatagram(order), order);
    }
}
