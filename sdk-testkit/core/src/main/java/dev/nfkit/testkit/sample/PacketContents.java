// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.sample;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.MessageWriter;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * What packets of NFLOG and of NFQUEUE have in common: a payload and attributes. Family, hook and hardware protocol are
 * always present. Not safe for several threads.
 */
public abstract class PacketContents {
    /** The packet header's code, which is the same in both families. */
    private static final int PACKET_HDR = 1;

    private static final int VLAN_PROTO = 1;
    private static final int VLAN_TCI = 2;

    private final MessageAttributes attributes;
    private byte[] payload = {};
    private AddressFamily family = AddressFamily.IPV4;
    private int hook = Hook.LOCAL_IN.number();
    private int hwProtocol = 0x0800;
    private boolean header = true;
    private boolean payloadFirst;

    PacketContents(AttributeSchema schema) {
        attributes = new MessageAttributes(schema);
    }

    /** Appends the message to a writer. */
    public abstract MessageWriter write(MessageWriter writer);

    /** Copies everything from other contents. */
    final void like(PacketContents other) {
        attributes.putAll(other.attributes);
        payload = other.payload;
        family = other.family;
        hook = other.hook;
        hwProtocol = other.hwProtocol;
        header = other.header;
        payloadFirst = other.payloadFirst;
    }

    /** Sets a payload. Family and hardware protocol follow from its first four bits. */
    public final void carry(byte[] bytes) {
        if (bytes.length > 0 && bytes[0] >> 4 == 6) {
            family = AddressFamily.IPV6;
            hwProtocol = 0x86dd;
        }
        payload(bytes);
    }

    /** The attributes apart from the packet header and the payload. */
    public final MessageAttributes attributes() {
        return attributes;
    }

    /** A copy of the payload. */
    public final byte[] payload() {
        return payload.clone();
    }

    /** Sets the payload; if empty, the attribute is omitted. */
    public final void payload(byte[] bytes) {
        payload = bytes.clone();
    }

    /** The payload's length in bytes. */
    public final int payloadLength() {
        return payload.length;
    }

    /** Where the transport header begins in the payload; 0 without an IP header. */
    final int transportOffset() {
        int version = payload.length == 0 ? 0 : payload[0] >> 4 & 0xf;
        return version == 4 ? (payload[0] & 0xf) * 4 : version == 6 ? 40 : 0;
    }

    /** The family of the rule. */
    public final AddressFamily family() {
        return family;
    }

    /** Sets the family of the rule. */
    public final void family(AddressFamily of) {
        family = of;
    }

    /** The hook's number in the family. */
    final int hook() {
        return hook;
    }

    /** Sets the hook's number in the family, 0 to 255. */
    public final void hook(int number) {
        hook = number;
    }

    /** The hardware protocol. */
    final int hwProtocol() {
        return hwProtocol;
    }

    /** Sets the hardware protocol, such as 0x0800. */
    public final void hwProtocol(int etherType) {
        hwProtocol = etherType;
    }

    /** Omits the packet header. */
    public final void omitPacketHeader() {
        header = false;
    }

    /** Writes the payload before the other attributes. */
    public final void putPayloadFirst() {
        payloadFirst = true;
    }

    /** Sets the VLAN tag: its protocol, and priority, DEI and id. */
    public final void vlan(int protocol, int tci) {
        attributes
                .nest(attributes.type("vlan"))
                .put(VLAN_TCI, (byte) (tci >> 8), (byte) tci)
                .put(VLAN_PROTO, (byte) (protocol >> 8), (byte) protocol);
    }

    /** The VLAN tag, or empty. */
    public final Optional<VlanTag> vlanTag() {
        return Optional.ofNullable(attributes.nested(attributes.type("vlan")))
                .map(tag -> new VlanTag(
                        tag.value(VLAN_PROTO).orElseThrow().u16(0),
                        tag.value(VLAN_TCI).orElseThrow().u16(0)));
    }

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
}
