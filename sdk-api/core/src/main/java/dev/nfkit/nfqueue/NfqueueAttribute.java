// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import static dev.nfkit.wire.AttributeFacts.nest;
import static dev.nfkit.wire.AttributeFacts.value;
import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.STRING;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of a queued packet and of its verdict ({@code enum nfqnl_attr_type} in
 * {@code linux/netfilter/nfnetlink_queue.h}).
 */
public enum NfqueueAttribute implements AttributeType {
    /** {@code struct nfqnl_msg_packet_hdr}: be32 id, be16 protocol, u8 hook; 7 bytes. */
    PACKET_HDR(value(1, BYTES, 7, "2.6.14")
            .absent("the kernel sends it with every packet; this message is not from the kernel")),
    /** {@code struct nfqnl_msg_verdict_hdr}: be32 verdict, be32 id; only to the kernel. */
    VERDICT_HDR(value(2, BYTES, 8, "2.6.14").absent("only verdicts contain it")),
    /** The packet's mark; absent if it is 0. A verdict sets it. */
    MARK(value(3, BE32, "2.6.14").absent("the packet's mark is 0")),
    /** {@code struct nfqnl_msg_packet_timestamp}: be64 seconds, be64 microseconds; only after a receiving hook. */
    TIMESTAMP(value(4, BYTES, 16, "2.6.14")
            .absent("only packets that passed a receiving hook have one; use capturedAtNanos()")),
    /** The interface that it came in by. */
    IFINDEX_INDEV(value(5, BE32, "2.6.14").absent("the packet did not come in by an interface")),
    /** The interface that it leaves by. */
    IFINDEX_OUTDEV(value(6, BE32, "2.6.14").absent("the output interface is not known at this hook")),
    /** The bridge port that it came in by. */
    IFINDEX_PHYSINDEV(value(7, BE32, "2.6.14").absent("the packet does not cross a bridge")),
    /** The bridge port that it leaves by. */
    IFINDEX_PHYSOUTDEV(value(8, BE32, "2.6.14").absent("the packet does not cross a bridge")),
    /** {@code struct nfqnl_msg_packet_hw}: be16 length, padding, 8 bytes. */
    HWADDR(value(9, BYTES, 12, "2.6.14")
            .absent("the packet did not come in by an interface with link-layer addresses")),
    /** The packet from its network header on; only in copy mode PACKET. A verdict replaces it. */
    PAYLOAD(value(10, BYTES, "2.6.14").absent("the queue's copy mode is not PACKET")),
    /**
     * The packet's connection, attributes of conntrack; requested by {@code NFQA_CFG_F_CONNTRACK}. A verdict changes
     * it.
     */
    CT(
            nest(11, ConntrackAttribute.SCHEMA, "3.6")
                    .absent(
                            "switch it on with conntrack(true) in the queue's options; packets that are not tracked have none")),
    /** The packet's place in its connection ({@code enum ip_conntrack_info}). */
    CT_INFO(
            value(12, BE32, "3.6")
                    .absent(
                            "switch it on with conntrack(true) in the queue's options; packets that are not tracked have none")),
    /** The packet's length, if the payload was cut. */
    CAP_LEN(value(13, BE32, "3.10").absent("the payload is whole")),
    /** Flags of the packet's state ({@code NFQA_SKB_*}); absent if none is set. */
    SKB_INFO(value(14, BE32, "3.10").absent("no flag is set")),
    /** An expectation, attributes of conntrack; only to the kernel. */
    EXP(nest(15, ExpectationAttribute.SCHEMA, "3.13").absent("only verdicts contain it")),
    /** The user id of the sending socket's owner; requested by {@code NFQA_CFG_F_UID_GID}. */
    UID(
            value(16, BE32, "3.14")
                    .absent(
                            "switch it on with uidGid(true) in the queue's options; packets that no local socket sent have none")),
    /** The group id of the sending socket's owner; requested by {@code NFQA_CFG_F_UID_GID}. */
    GID(
            value(17, BE32, "3.14")
                    .absent(
                            "switch it on with uidGid(true) in the queue's options; packets that no local socket sent have none")),
    /** The packet's security context, which may lack its NUL; requested by {@code NFQA_CFG_F_SECCTX}. */
    SECCTX(
            value(18, STRING, 0, "4.3")
                    .absent(
                            "switch it on with securityContext(true) in the queue's options; it needs a security module that labels packets")),
    /** The VLAN tag that the device removed: {@link Vlan}; in the bridge family. A verdict changes it. */
    VLAN(nest(19, Vlan.SCHEMA, "4.7").absent("only packets of the bridge family have one")),
    /** The link-layer header, in the bridge family. A verdict changes it, at equal length. */
    L2HDR(value(20, BYTES, "4.7").absent("only packets of the bridge family have one")),
    /** The packet's priority ({@code skb->priority}); absent if it is 0. A verdict sets it. */
    PRIORITY(value(21, BE32, "5.18").absent("the packet's priority is 0, or the kernel is older than 5.18")),
    /** The class that the control group gave the sending socket; absent if it is 0. */
    CGROUP_CLASSID(value(22, BE32, "6.4")
            .absent("no control group has classified the packet, or the kernel is older than 6.4"));

    /** The attributes inside {@link #VLAN} ({@code enum nfqnl_vlan_attr}). */
    public enum Vlan implements AttributeType {
        /** The tag's ethertype. */
        PROTO(value(1, BE16, "4.7")),
        /** The tag control information. */
        TCI(value(2, BE16, "4.7"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("NFQA_VLAN", List.of(values()));

        private final AttributeFacts facts;

        Vlan(AttributeFacts facts) {
            this.facts = facts.named("NFQA_VLAN_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of a queued packet and of its verdict. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("NFQNL_MSG_PACKET", List.of(values()));

    private final AttributeFacts facts;

    NfqueueAttribute(AttributeFacts facts) {
        this.facts = facts.named("NFQA_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
