// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.socket.KernelView;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes a packet as a JSON object. The names come from the schema: the kernel's, in lower case and without prefix.
 * Attributes that the kernel did not send are omitted. The connection is a nested object.
 */
public final class JsonPrinter<P extends NetfilterPacket, A extends AttributeType> implements PacketPrinter<P> {
    private final PacketFields<P, A> fields;
    private final JsonObject json = new JsonObject();
    private final AttributeJson attributes = new AttributeJson(json);
    private final IpGlance ip = new IpGlance();
    private final InterfaceNames names;

    /**
     * Creates a printer.
     *
     * @param fields the fields of the family
     * @param kernel knows the names of interfaces
     */
    public JsonPrinter(PacketFields<P, A> fields, KernelView kernel) {
        this.fields = fields;
        names = new InterfaceNames(kernel);
    }

    @Override
    public void print(P packet, @Nullable ShownVerdict verdict, StringBuilder line) {
        boolean stamped = fields.has(packet, fields.timestamp);
        long nanos = stamped ? packet.timestampNanos() : packet.receivedAtNanos();
        json.begin(line, fields.kind(), nanos, stamped ? TimeSource.KERNEL : TimeSource.RECEIVED);
        JsonNames.family(json, packet.family().number());
        fields.identify(packet, json);
        for (PacketFields.Field<A> field : fields.fields()) {
            if (fields.has(packet, field.attribute())) {
                field(packet, field);
            }
        }
        json.bool("truncated", packet.truncated());
        if (fields.has(packet, fields.payload)) {
            json.number("original_length", packet.originalLength());
        }
        if (ip.wrap(packet, fields)) {
            JsonNames.protocol(json, ip.protocol());
            json.string("src", ip.source());
            json.string("dst", ip.destination());
            if (ip.hasPorts()) {
                json.number("sport", ip.sourcePort());
                json.number("dport", ip.destinationPort());
            }
        }
        if (verdict != null) {
            json.beginNested("verdict");
            verdict.members(json);
            json.end();
        }
        json.end();
    }

    private void field(P packet, PacketFields.Field<A> field) {
        String key = field.key();
        switch (key) {
            case "packet_hdr" -> {
                json.number("hw_protocol", packet.hwProtocol());
                JsonNames.named(json, "hw_protocol_name", JsonNames.etherType(packet.hwProtocol()));
                json.string("hook", packet.hook().name());
            }
            case "timestamp" -> json.seconds(key, packet.timestampNanos() / 1000);
            case "hwaddr" -> json.hex(key, Bytes.of(packet.hardwareAddress().toArray()));
            case "vlan" -> vlan(json, key, packet.vlan());
            case "ct" -> connection(key, packet, field.attribute());
            default -> value(packet, field);
        }
    }

    /** Writes a value, and names beside it. */
    private void value(P packet, PacketFields.Field<A> field) {
        Bytes value = fields.bytes(packet, field.attribute());
        plain(json, field.key(), field.attribute().shape(), value);
        if (field.interfaceKey() != null) {
            JsonNames.named(json, field.interfaceKey(), names.find(value.u32(0)).orElse(null));
            return;
        }
        switch (field.key()) {
            case "ct_info" -> JsonNames.place(json, packet.conntrackInfo());
            case "hwtype" -> JsonNames.named(json, "hwtype_name", JsonNames.deviceType(value.u16(0)));
            case "skb_info" ->
                JsonNames.bits(json, "skb_info_names", value.u32(0), "CSUMNOTREADY", "GSO", "CSUM_NOTVERIFIED");
            default -> {}
        }
    }

    /** Writes the connection as nested attributes, or as hexadecimal if it is malformed. */
    private void connection(String key, P packet, A attribute) {
        try {
            ConntrackEntry entry = packet.conntrack();
            attributes.object(key, entry.attributes(), entry.order(), ConntrackAttribute.SCHEMA);
        } catch (MalformedMessageException e) {
            json.hex(key, fields.bytes(packet, attribute));
        }
    }

    public static void vlan(JsonObject json, String key, VlanTag tag) {
        json.beginNested(key);
        json.number("proto", tag.protocol());
        JsonNames.named(json, "proto_name", JsonNames.etherType(tag.protocol()));
        json.number("tci", tag.tci());
        json.end();
    }

    /** Writes a value whose shape determines its format. */
    public static void plain(JsonObject json, String key, AttributeShape shape, Bytes value) {
        switch (shape) {
            case U8 -> json.number(key, value.u8(0));
            case BE16 -> json.number(key, value.u16(0));
            case BE32 -> json.number(key, value.u32(0));
            case BE64 -> json.unsigned(key, value.u64(0));
            case STRING -> json.string(key, text(value));
            case BYTES, HOST32, NESTED -> json.hex(key, value);
        }
    }

    private static String text(Bytes value) {
        byte[] bytes = value.toArray();
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
