package dev.nfkit.nflog;

import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.STRING;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of a logged packet ({@code enum nfulnl_attr_type} in {@code linux/netfilter/nfnetlink_log.h}).
 */
public enum NflogAttribute implements AttributeType {
    /** {@code struct nfulnl_msg_packet_hdr}: be16 protocol, u8 hook, padding. */
    PACKET_HDR(1, BYTES, 4, "2.6.14"),
    /** The packet's mark; absent if it is 0. */
    MARK(2, BE32, 4, "2.6.14"),
    /** {@code struct nfulnl_msg_packet_timestamp}: be64 seconds, be64 microseconds; only after a receiving hook. */
    TIMESTAMP(3, BYTES, 16, "2.6.14"),
    /** The interface that it came in by. */
    IFINDEX_INDEV(4, BE32, 4, "2.6.14"),
    /** The interface that it leaves by. */
    IFINDEX_OUTDEV(5, BE32, 4, "2.6.14"),
    /** The bridge port that it came in by. */
    IFINDEX_PHYSINDEV(6, BE32, 4, "2.6.14"),
    /** The bridge port that it leaves by. */
    IFINDEX_PHYSOUTDEV(7, BE32, 4, "2.6.14"),
    /** {@code struct nfulnl_msg_packet_hw}: be16 length, padding, 8 bytes. */
    HWADDR(8, BYTES, 12, "2.6.14"),
    /** The packet from its network header on; only in copy mode PACKET. */
    PAYLOAD(9, BYTES, 0, "2.6.14"),
    /** The rule's prefix. */
    PREFIX(10, STRING, 1, "2.6.14"),
    /** The user id of the sending socket's owner. */
    UID(11, BE32, 4, "2.6.18"),
    /** The packet's number in its group; requested by {@code NFULNL_CFG_F_SEQ}. */
    SEQ(12, BE32, 4, "2.6.18"),
    /** The packet's number in all groups of the namespace; requested by {@code NFULNL_CFG_F_SEQ_GLOBAL}. */
    SEQ_GLOBAL(13, BE32, 4, "2.6.18"),
    /** The group id of the sending socket's owner. */
    GID(14, BE32, 4, "2.6.22"),
    /** The receiving device's type ({@code ARPHRD_*}). */
    HWTYPE(15, BE16, 2, "2.6.27"),
    /** The link-layer header as received. */
    HWHEADER(16, BYTES, 0, "2.6.27"),
    /** The length of the link-layer header. */
    HWLEN(17, BE16, 2, "2.6.27"),
    /** The packet's connection, attributes of conntrack; requested by {@code NFULNL_CFG_F_CONNTRACK}. */
    CT(18, ConntrackAttribute.SCHEMA, "4.4"),
    /** The packet's place in its connection ({@code enum ip_conntrack_info}). */
    CT_INFO(19, BE32, 4, "4.4"),
    /** The VLAN tag that the device removed: {@link Vlan}. */
    VLAN(20, Vlan.SCHEMA, "5.4"),
    /** The link-layer header, in the bridge and netdev families. */
    L2HDR(21, BYTES, 0, "5.4");

    /** The attributes inside {@link #VLAN} ({@code enum nfulnl_vlan_attr}). */
    public enum Vlan implements AttributeType {
        /** The tag's ethertype. */
        PROTO(1, BE16, 2, "5.4"),
        /** The tag control information. */
        TCI(2, BE16, 2, "5.4");

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("NFULA_VLAN", List.of(values()));

        private final AttributeFacts facts;

        Vlan(int code, AttributeShape shape, int minimumLength, String since) {
            facts = AttributeFacts.of(code, "NFULA_VLAN_", name(), shape, minimumLength, since);
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of a logged packet. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("NFULNL_MSG_PACKET", List.of(values()));

    private final AttributeFacts facts;

    NflogAttribute(int code, AttributeShape shape, int minimumLength, String since) {
        facts = AttributeFacts.of(code, "NFULA_", name(), shape, minimumLength, since);
    }

    NflogAttribute(int code, AttributeSchema nested, String since) {
        facts = AttributeFacts.nest(code, "NFULA_", name(), nested, since);
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
