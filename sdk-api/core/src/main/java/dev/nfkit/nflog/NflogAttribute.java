// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import static dev.nfkit.wire.AttributeFacts.nest;
import static dev.nfkit.wire.AttributeFacts.value;
import static dev.nfkit.wire.AttributeShape.BE16;
import static dev.nfkit.wire.AttributeShape.BE32;
import static dev.nfkit.wire.AttributeShape.BYTES;
import static dev.nfkit.wire.AttributeShape.STRING;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/**
 * The attributes of a logged packet ({@code enum nfulnl_attr_type} in {@code linux/netfilter/nfnetlink_log.h}).
 */
public enum NflogAttribute implements AttributeType {
    /** {@code struct nfulnl_msg_packet_hdr}: be16 protocol, u8 hook, padding. */
    PACKET_HDR(value(1, BYTES, 4, "2.6.14")
            .absent("the kernel sends it with every packet; this message is not from the kernel")),
    /** The packet's mark; absent if it is 0. */
    MARK(value(2, BE32, "2.6.14").absent("the packet's mark is 0")),
    /** {@code struct nfulnl_msg_packet_timestamp}: be64 seconds, be64 microseconds; only after a receiving hook. */
    TIMESTAMP(value(3, BYTES, 16, "2.6.14")
            .absent("only packets that passed a receiving hook have one; use capturedAtNanos()")),
    /** The interface that it came in by. */
    IFINDEX_INDEV(value(4, BE32, "2.6.14").absent("the packet did not come in by an interface")),
    /** The interface that it leaves by. */
    IFINDEX_OUTDEV(value(5, BE32, "2.6.14").absent("the output interface is not known at this hook")),
    /** The bridge port that it came in by. */
    IFINDEX_PHYSINDEV(value(6, BE32, "2.6.14").absent("the packet does not cross a bridge")),
    /** The bridge port that it leaves by. */
    IFINDEX_PHYSOUTDEV(value(7, BE32, "2.6.14").absent("the packet does not cross a bridge")),
    /** {@code struct nfulnl_msg_packet_hw}: be16 length, padding, 8 bytes. */
    HWADDR(value(8, BYTES, 12, "2.6.14")
            .absent("the packet did not come in by an interface with link-layer addresses")),
    /** The packet from its network header on; only in copy mode PACKET. */
    PAYLOAD(value(9, BYTES, "2.6.14").absent("the group's copy mode is not PACKET")),
    /** The rule's prefix. */
    PREFIX(value(10, STRING, "2.6.14").absent("the rule has no prefix")),
    /** The user id of the sending socket's owner. */
    UID(value(11, BE32, "2.6.18").absent("no local socket sent the packet")),
    /** The packet's number in its group; requested by {@code NFULNL_CFG_F_SEQ}. */
    SEQ(value(12, BE32, "2.6.18").absent("switch it on with sequence(true) in the group's options")),
    /** The packet's number in all groups of the namespace; requested by {@code NFULNL_CFG_F_SEQ_GLOBAL}. */
    SEQ_GLOBAL(value(13, BE32, "2.6.18").absent("switch it on with sequenceGlobal(true) in the group's options")),
    /** The group id of the sending socket's owner. */
    GID(value(14, BE32, "2.6.22").absent("no local socket sent the packet")),
    /** The receiving device's type ({@code ARPHRD_*}). */
    HWTYPE(value(15, BE16, "2.6.27").absent("the packet did not come in by an interface")),
    /** The link-layer header as received. */
    HWHEADER(value(16, BYTES, "2.6.27").absent("the packet did not come in by an interface")),
    /** The length of the link-layer header. */
    HWLEN(value(17, BE16, "2.6.27").absent("the packet did not come in by an interface")),
    /** The packet's connection, attributes of conntrack; requested by {@code NFULNL_CFG_F_CONNTRACK}. */
    CT(
            nest(18, ConntrackAttribute.SCHEMA, "4.4")
                    .absent(
                            "switch it on with conntrack(true) in the group's options; packets that are not tracked have none")),
    /** The packet's place in its connection ({@code enum ip_conntrack_info}). */
    CT_INFO(
            value(19, BE32, "4.4")
                    .absent(
                            "switch it on with conntrack(true) in the group's options; packets that are not tracked have none")),
    /** The VLAN tag that the device removed: {@link Vlan}. */
    VLAN(nest(20, Vlan.SCHEMA, "5.4").absent("the device removed no VLAN tag from the packet")),
    /** The link-layer header, in the bridge and netdev families. */
    L2HDR(value(21, BYTES, "5.4").absent("only packets of the bridge and netdev families have one"));

    /** The attributes inside {@link #VLAN} ({@code enum nfulnl_vlan_attr}). */
    public enum Vlan implements AttributeType {
        /** The tag's ethertype. */
        PROTO(value(1, BE16, "5.4")),
        /** The tag control information. */
        TCI(value(2, BE16, "5.4"));

        /** The schema of these attributes. */
        public static final AttributeSchema SCHEMA = new AttributeSchema("NFULA_VLAN", List.of(values()));

        private final AttributeFacts facts;

        Vlan(AttributeFacts facts) {
            this.facts = facts.named("NFULA_VLAN_", name());
        }

        @Override
        public AttributeFacts facts() {
            return facts;
        }
    }

    /** The schema of a logged packet. */
    public static final AttributeSchema SCHEMA = new AttributeSchema("NFULNL_MSG_PACKET", List.of(values()));

    private final AttributeFacts facts;

    NflogAttribute(AttributeFacts facts) {
        this.facts = facts.named("NFULA_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
