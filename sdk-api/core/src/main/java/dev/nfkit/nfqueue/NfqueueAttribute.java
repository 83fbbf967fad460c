package dev.nfkit.nfqueue;

import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.STRING;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of a queued packet and of its verdict ({@code enum nfqnl_attr_type} in
 * {@code linux/netfilter/nfnetlink_queue.h}).
 */
public enum NfqueueAttribute implements AttributeType {
    /** {@code struct nfqnl_msg_packet_hdr}: be32 id, be16 protocol, u8 hook; 7 bytes. */
    PACKET_HDR(1, BYTES, 7, "2.6.14"),
    /** {@code struct nfqnl_msg_verdict_hdr}: be32 verdict, be32 id; only to the kernel. */
    VERDICT_HDR(2, BYTES, 8, "2.6.14"),
    /** The packet's mark; absent if it is 0. A verdict sets it. */
    MARK(3, BE32, 4, "2.6.14"),
    /** {@code struct nfqnl_msg_packet_timestamp}: be64 seconds, be64 microseconds; only after a receiving hook. */
    TIMESTAMP(4, BYTES, 16, "2.6.14"),
    /** The interface that it came in by. */
    IFINDEX_INDEV(5, BE32, 4, "2.6.14"),
    /** The interface that it leaves by. */
    IFINDEX_OUTDEV(6, BE32, 4, "2.6.14"),
    /** The bridge port that it came in by. */
    IFINDEX_PHYSINDEV(7, BE32, 4, "2.6.14"),
    /** The bridge port that it leaves by. */
    IFINDEX_PHYSOUTDEV(8, BE32, 4, "2.6.14"),
    /** {@code struct nfqnl_msg_packet_hw}: be16 length, padding, 8 bytes. */
    HWADDR(9, BYTES, 12, "2.6.14"),
    /** The packet from its network header on; only in copy mode PACKET. A verdict replaces it. */
    PAYLOAD(10, BYTES, 0, "2.6.14"),
    /**
     * The packet's connection, attributes of conntrack; requested by {@code NFQA_CFG_F_CONNTRACK}. A verdict changes
     * it.
     */
    CT(11, ConntrackAttribute.SCHEMA, "3.6"),
    /** The packet's place in its connection ({@code enum ip_conntrack_info}). */
    CT_INFO(12, BE32, 4, "3.6"),
    /** The packet's length, if the payload was cut. */
    CAP_LEN(13, BE32, 4, "3.10"),
    /** Flags of the packet's state ({@code NFQA_SKB_*}); absent if none is set. */
    SKB_INFO(14, BE32, 4, "3.10"),
    /** An expectation, attributes of conntrack; only to the kernel. */
    EXP(15, ExpectationAttribute.SCHEMA, "3.13"),
    /** The user id of the sending socket's owner; requested by {@code NFQA_CFG_F_UID_GID}. */
    UID(16, BE32, 4, "3.14"),
    /** The group id of the sending socket's owner; requested by {@code NFQA_CFG_F_UID_GID}. */
    GID(17, BE32, 4, "3.14"),
    /** The packet's security context, which may lack its NUL; requested by {@code NFQA_CFG_F_SECCTX}. */
    SECCTX(18, STRING, 0, "4.3"),
    /** The VLAN tag that the device removed: {@link Vlan}; in the bridge family. A verdict changes it. */
    VLAN(19, Vlan.SCHEMA, "4.7"),
    /** The link-layer header, in the bridge family. A verdict changes it, at equal length. */
    L2HDR(20, BYTES, 0, "4.7"),
    /** The packet's priority ({@code skb->priority}); absent if it is 0. A verdict sets it. */
    PRIORITY(21, BE32, 4, "5.18"),
    /** The class that the control group gave the sending socket; absent if it is 0. */
    CGROUP_CLASSID(22, BE32, 4, "6.4");

    /** The attributes inside {@link #VLAN} ({@code enum nfqnl_vlan_attr}). */
    public enum Vlan implements AttributeType {
        /** The tag's ethertype. */
        PROTO(1, BE16, 2, "4.7"),
        /** The tag control information. */
        TCI(2, BE16, 2, "4.7");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("NFQA_VLAN", List.of(values()));

        private final AttributeFacts facts;

        Vlan(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "NFQA_VLAN_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of a queued packet and of its verdict. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("NFQNL_MSG_PACKET", List.of(values()));

    private final AttributeFacts facts;

    NfqueueAttribute(int code, AttributeShape shape, int minimumLength, String since) {
        facts = AttributeFacts.of(code, "NFQA_", name(), shape, minimumLength, since);
    }

    NfqueueAttribute(int code, AttributeSchema nested, String since) {
        facts = AttributeFacts.nest(code, "NFQA_", name(), nested, since);
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
