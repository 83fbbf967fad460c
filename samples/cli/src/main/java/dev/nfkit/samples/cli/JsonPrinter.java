package dev.nfkit.samples.cli;

import static dev.nfkit.nflog.NflogAttribute.CT;
import static dev.nfkit.nflog.NflogAttribute.CT_INFO;
import static dev.nfkit.nflog.NflogAttribute.GID;
import static dev.nfkit.nflog.NflogAttribute.HWADDR;
import static dev.nfkit.nflog.NflogAttribute.HWHEADER;
import static dev.nfkit.nflog.NflogAttribute.HWLEN;
import static dev.nfkit.nflog.NflogAttribute.HWTYPE;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_INDEV;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_OUTDEV;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_PHYSINDEV;
import static dev.nfkit.nflog.NflogAttribute.IFINDEX_PHYSOUTDEV;
import static dev.nfkit.nflog.NflogAttribute.L2HDR;
import static dev.nfkit.nflog.NflogAttribute.MARK;
import static dev.nfkit.nflog.NflogAttribute.PACKET_HDR;
import static dev.nfkit.nflog.NflogAttribute.PAYLOAD;
import static dev.nfkit.nflog.NflogAttribute.PREFIX;
import static dev.nfkit.nflog.NflogAttribute.SEQ;
import static dev.nfkit.nflog.NflogAttribute.SEQ_GLOBAL;
import static dev.nfkit.nflog.NflogAttribute.TIMESTAMP;
import static dev.nfkit.nflog.NflogAttribute.UID;
import static dev.nfkit.nflog.NflogAttribute.VLAN;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogPacket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A packet as a JSON object. Names come from the schema: the kernel's, in lower case and without prefix. What the kernel
 * did not send is left out.
 */
final class JsonPrinter implements PacketPrinter {
    /** The schema's attributes, those that people look at first in front. */
    private static final List<NflogAttribute> ORDER = order(
            PACKET_HDR,
            MARK,
            TIMESTAMP,
            IFINDEX_INDEV,
            IFINDEX_OUTDEV,
            IFINDEX_PHYSINDEV,
            IFINDEX_PHYSOUTDEV,
            HWADDR,
            HWTYPE,
            HWLEN,
            HWHEADER,
            UID,
            GID,
            PREFIX,
            SEQ,
            SEQ_GLOBAL,
            VLAN,
            L2HDR,
            CT,
            CT_INFO,
            PAYLOAD);

    private final JsonObject json = new JsonObject();
    private final IpGlance ip = new IpGlance();

    private static List<NflogAttribute> order(NflogAttribute... first) {
        Set<NflogAttribute> all = new LinkedHashSet<>(Arrays.asList(first));
        Collections.addAll(all, NflogAttribute.values());
        return List.copyOf(all);
    }

    @Override
    public void print(NflogPacket packet, StringBuilder line) {
        json.begin(line);
        json.number("family", packet.family().number());
        json.number("group", packet.group());
        for (NflogAttribute attribute : ORDER) {
            if (packet.has(attribute)) {
                attribute(packet, attribute);
            }
        }
        json.bool("truncated", packet.truncated());
        if (packet.has(PAYLOAD)) {
            json.number("original_length", packet.originalLength());
        }
        if (ip.wrap(packet)) {
            json.number("protocol", ip.protocol());
            json.string("src", ip.source());
            json.string("dst", ip.destination());
            if (ip.hasPorts()) {
                json.number("sport", ip.sourcePort());
                json.number("dport", ip.destinationPort());
            }
        }
        json.end();
    }

    private void attribute(NflogPacket packet, NflogAttribute attribute) {
        String key = attribute.key();
        switch (attribute) {
            case PACKET_HDR -> {
                json.number("hw_protocol", packet.hwProtocol());
                json.string("hook", packet.hook().name());
            }
            case TIMESTAMP -> json.seconds(key, packet.timestampNanos() / 1000);
            case HWADDR -> json.hex(key, Bytes.of(packet.hardwareAddress().toArray()));
            case VLAN -> vlan(key, packet.vlan());
            default -> plain(key, attribute, packet.bytes(attribute));
        }
    }

    private void vlan(String key, VlanTag tag) {
        json.beginNested(key);
        json.number(NflogAttribute.Vlan.PROTO.key(), tag.protocol());
        json.number(NflogAttribute.Vlan.TCI.key(), tag.tci());
        json.end();
    }

    /** A value that its shape tells all about. */
    private void plain(String key, NflogAttribute attribute, Bytes value) {
        switch (attribute.shape()) {
            case U8 -> json.number(key, value.u8(0));
            case BE16 -> json.number(key, value.u16(0));
            case BE32 -> json.number(key, value.u32(0));
            case BE64 -> json.number(key, value.u64(0));
            case STRING -> json.string(key, text(value));
            case BYTES, NESTED -> json.hex(key, value);
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
