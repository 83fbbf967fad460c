// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.QueuedPacket;
import java.util.List;

/** The printed fields of queued packets. */
public final class NfqueueFields extends PacketFields<QueuedPacket, NfqueueAttribute> {
    public NfqueueFields() {
        super(
                List.of(
                        NfqueueAttribute.PACKET_HDR,
                        NfqueueAttribute.MARK,
                        NfqueueAttribute.TIMESTAMP,
                        NfqueueAttribute.IFINDEX_INDEV,
                        NfqueueAttribute.IFINDEX_OUTDEV,
                        NfqueueAttribute.IFINDEX_PHYSINDEV,
                        NfqueueAttribute.IFINDEX_PHYSOUTDEV,
                        NfqueueAttribute.HWADDR,
                        NfqueueAttribute.UID,
                        NfqueueAttribute.GID,
                        NfqueueAttribute.CAP_LEN,
                        NfqueueAttribute.SKB_INFO,
                        NfqueueAttribute.SECCTX,
                        NfqueueAttribute.VLAN,
                        NfqueueAttribute.L2HDR,
                        NfqueueAttribute.CT,
                        NfqueueAttribute.CT_INFO,
                        NfqueueAttribute.PRIORITY,
                        NfqueueAttribute.CGROUP_CLASSID,
                        NfqueueAttribute.PAYLOAD),
                List.of(NfqueueAttribute.values()));
    }

    @Override
    String kind() {
        return "queued_packet";
    }

    @Override
    public boolean has(QueuedPacket packet, NfqueueAttribute attribute) {
        return packet.has(attribute);
    }

    @Override
    public Bytes bytes(QueuedPacket packet, NfqueueAttribute attribute) {
        return packet.bytes(attribute);
    }

    @Override
    void identify(QueuedPacket packet, JsonObject json) {
        json.number("queue", packet.queue());
        json.number("packet_id", packet.id());
    }

    @Override
    void identify(QueuedPacket packet, StringBuilder line) {
        line.append("nfqueue:").append(packet.queue()).append(" #").append(packet.id());
    }

    @Override
    void remark(QueuedPacket packet, StringBuilder line) {
        // Rules attach no text to the packets that they queue.
    }
}
