// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a rule reads from the connection of a packet. A {@link ConnectionSelector} adds the direction.
 *
 * <p>Follows {@code NFT_CT_*} in {@code linux/netfilter/nf_tables.h} and {@code ct.c} of nftables.
 */
public enum ConnectionKey {
    /** The state. */
    STATE(0, "state", DataType.CT_STATE, 32),
    /** The direction of the packet. */
    DIRECTION(1, "direction", DataType.CT_DIR, 8),
    /** The status bits. */
    STATUS(2, "status", DataType.CT_STATUS, 32),
    /** The mark. */
    MARK(3, "mark", DataType.MARK, 32),
    /** The security mark. */
    SECMARK(4, "secmark", DataType.INTEGER, 32),
    /** The milliseconds until it expires. */
    EXPIRATION(5, "expiration", DataType.TIME, 32),
    /** The helper. */
    HELPER(6, "helper", DataType.STRING, 128),
    /** The network protocol. */
    L3PROTO(7, "l3proto", DataType.NF_PROTO, 8),
    /** The transport protocol. */
    PROTOCOL(10, "protocol", DataType.INET_PROTO, 8),
    /** The source port. */
    PROTO_SRC(11, "proto-src", DataType.INET_SERVICE, 16),
    /** The destination port. */
    PROTO_DST(12, "proto-dst", DataType.INET_SERVICE, 16),
    /** The labels. */
    LABEL(13, "label", DataType.CT_LABEL, 128),
    /** The number of packets. */
    PACKETS(14, "packets", DataType.INTEGER, 64),
    /** The number of bytes. */
    BYTES(15, "bytes", DataType.INTEGER, 64),
    /** The average bytes of a packet. */
    AVGPKT(16, "avgpkt", DataType.INTEGER, 64),
    /** The zone. */
    ZONE(17, "zone", DataType.INTEGER, 16),
    /** The events that are reported. */
    EVENT(18, "event", DataType.CT_EVENT, 32),
    /** The IPv4 source address. */
    IP_SADDR(19, "ip saddr", DataType.IPV4_ADDR, 32),
    /** The IPv4 destination address. */
    IP_DADDR(20, "ip daddr", DataType.IPV4_ADDR, 32),
    /** The IPv6 source address. */
    IP6_SADDR(21, "ip6 saddr", DataType.IPV6_ADDR, 128),
    /** The IPv6 destination address. */
    IP6_DADDR(22, "ip6 daddr", DataType.IPV6_ADDR, 128),
    /** The id. */
    ID(23, "id", DataType.INTEGER, 32);

    private final int number;
    private final String text;
    private final DataType type;
    private final int bits;

    ConnectionKey(int number, String text, DataType type, int bits) {
        this.number = number;
        this.text = text;
        this.type = type;
        this.bits = bits;
    }

    /**
     * The key of a number.
     *
     * @param number the kernel's number
     * @return the key, or empty if the number is unknown
     */
    public static Optional<ConnectionKey> of(int number) {
        return Arrays.stream(values()).filter(key -> key.number == number).findFirst();
    }

    /**
     * The kernel's number.
     *
     * @return {@code NFT_CT_*}
     */
    public int number() {
        return number;
    }

    /**
     * nft's name.
     *
     * @return a name such as {@code state} or {@code ip saddr}
     */
    public String text() {
        return text;
    }

    /**
     * The type of the value.
     *
     * @return the type
     */
    public DataType type() {
        return type;
    }

    /**
     * The size of the value.
     *
     * @return bits
     */
    public int bits() {
        return bits;
    }

    /**
     * Whether the kernel loads the value in the byte order of the machine.
     *
     * @return false for ids, addresses, ports and protocols
     */
    public boolean hostOrder() {
        return switch (this) {
            case ID, L3PROTO, PROTOCOL, PROTO_SRC, PROTO_DST, IP_SADDR, IP_DADDR, IP6_SADDR, IP6_DADDR -> false;
            default -> true;
        };
    }
}
