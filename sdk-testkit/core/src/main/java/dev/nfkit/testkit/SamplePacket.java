// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.sample.PacketContents;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/**
 * Builds what packets of NFLOG and of NFQUEUE have in common: a payload and its attributes. Attributes that are not set
 * are absent, except for family, hook and hardware protocol, which every packet has. Not safe for several threads.
 *
 * @param <S> the type of the builder
 */
public abstract sealed class SamplePacket<S extends SamplePacket<S>> permits SampleNflog, SampleNfqueue {
    private static final int MAX_DATAGRAM = 1 << 18;

    private final PacketContents contents;

    SamplePacket(PacketContents contents) {
        this.contents = contents;
    }

    abstract S self();

    final S put(int code, byte... value) {
        contents.attributes().put(code, value);
        return self();
    }

    final S be32(int code, long value) {
        contents.attributes().be32(code, value);
        return self();
    }

    private S put(String key, byte... value) {
        return put(contents.attributes().code(key), value);
    }

    private S be32(String key, long value) {
        return be32(contents.attributes().code(key), value);
    }

    /**
     * Sets the family.
     *
     * @param family the family of the rule
     * @return this builder
     */
    public S family(AddressFamily family) {
        contents.family(family);
        return self();
    }

    /**
     * Sets the hook, in the packet header.
     *
     * @param number the hook's number in the family, 0 to 255
     * @return this builder
     */
    public S hook(int number) {
        contents.hook(number);
        return self();
    }

    /**
     * Sets the hardware protocol, in the packet header.
     *
     * @param etherType such as 0x0800
     * @return this builder
     */
    public S hwProtocol(int etherType) {
        contents.hwProtocol(etherType);
        return self();
    }

    /**
     * Omits the packet header, which no kernel does.
     *
     * @return this builder
     */
    public S withoutPacketHeader() {
        contents.omitPacketHeader();
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
    public S payload(byte[] bytes) {
        contents.payload(bytes);
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
    public S conntrack(byte[] entry) {
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
        contents.vlan(protocol, tci);
        return self();
    }

    /**
     * Sets the layer-2 header, for bridge and netdev families.
     *
     * @param bytes the header
     * @return this builder
     */
    public S layer2Header(byte[] bytes) {
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
        contents.attributes().odd(code, value);
        return self();
    }

    /**
     * Writes the payload before the other attributes, so that the last attribute is another one.
     *
     * @return this builder
     */
    public S payloadFirst() {
        contents.putPayloadFirst();
        return self();
    }

    /**
     * Appends the message to a writer.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public MessageWriter write(MessageWriter writer) {
        return contents.write(writer);
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
