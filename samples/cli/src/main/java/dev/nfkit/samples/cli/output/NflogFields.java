// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.PrintableText;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogPacket;
import java.util.List;

/** The printed fields of logged packets. */
public final class NflogFields extends PacketFields<NflogPacket, NflogAttribute> {
    public NflogFields() {
        super(
                List.of(
                        NflogAttribute.PACKET_HDR,
                        NflogAttribute.MARK,
                        NflogAttribute.TIMESTAMP,
                        NflogAttribute.IFINDEX_INDEV,
                        NflogAttribute.IFINDEX_OUTDEV,
                        NflogAttribute.IFINDEX_PHYSINDEV,
                        NflogAttribute.IFINDEX_PHYSOUTDEV,
                        NflogAttribute.HWADDR,
                        NflogAttribute.HWTYPE,
                        NflogAttribute.HWLEN,
                        NflogAttribute.HWHEADER,
                        NflogAttribute.UID,
                        NflogAttribute.GID,
                        NflogAttribute.PREFIX,
                        NflogAttribute.SEQ,
                        NflogAttribute.SEQ_GLOBAL,
                        NflogAttribute.VLAN,
                        NflogAttribute.L2HDR,
                        NflogAttribute.CT,
                        NflogAttribute.CT_INFO,
                        NflogAttribute.PAYLOAD),
                List.of(NflogAttribute.values()));
    }

    @Override
    String kind() {
        return "logged_packet";
    }

    @Override
    public boolean has(NflogPacket packet, NflogAttribute attribute) {
        return packet.has(attribute);
    }

    @Override
    public Bytes bytes(NflogPacket packet, NflogAttribute attribute) {
        return packet.bytes(attribute);
    }

    @Override
    void identify(NflogPacket packet, JsonObject json) {
        json.number("group", packet.group());
    }

    @Override
    void identify(NflogPacket packet, StringBuilder line) {
        line.append("nflog:").append(packet.group());
    }

    @Override
    void remark(NflogPacket packet, StringBuilder line) {
        if (packet.has(NflogAttribute.PREFIX) && !packet.prefix().isEmpty()) {
            PrintableText.append(line.append('"'), packet.prefix());
            line.append("\"  ");
        }
    }
}
