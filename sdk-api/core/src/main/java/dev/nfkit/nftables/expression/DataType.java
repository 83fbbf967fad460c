// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The type of a value in nftables, such as {@code ipv4_addr}: how it is spelled, and which values go together in a set.
 *
 * <p>The numbers are nft's own. The kernel stores those of a set's key without interpreting them.
 *
 * <p>Follows {@code datatype.h} of nftables.
 */
public enum DataType {
    /** A verdict, the data of a verdict map. */
    VERDICT(1, "verdict", 0, Kind.NUMBER, false),
    /** The protocol family of a packet: {@code ipv4} or {@code ipv6}. */
    NF_PROTO(2, "nf_proto", 8, Kind.NUMBER, false),
    /** A set of bits without names. */
    BITMASK(3, "bitmask", 0, Kind.NUMBER, false),
    /** A number, of as many bits as the expression that it is compared with. */
    INTEGER(4, "integer", 0, Kind.NUMBER, false),
    /** Text. */
    STRING(5, "string", 0, Kind.TEXT, true),
    /** An address of the link layer of any length. */
    LL_ADDR(6, "ll_addr", 0, Kind.NUMBER, false),
    /** An IPv4 address. */
    IPV4_ADDR(7, "ipv4_addr", 32, Kind.NUMBER, false),
    /** An IPv6 address. */
    IPV6_ADDR(8, "ipv6_addr", 128, Kind.NUMBER, false),
    /** An Ethernet address. */
    ETHER_ADDR(9, "ether_addr", 48, Kind.NUMBER, false),
    /** The protocol in an Ethernet frame, such as {@code ip} or {@code arp}. */
    ETHER_TYPE(10, "ether_type", 16, Kind.NUMBER, false),
    /** The operation of ARP, such as {@code request}. */
    ARP_OP(11, "arp_op", 16, Kind.NUMBER, false),
    /** The protocol above IP, such as {@code tcp}. */
    INET_PROTO(12, "inet_proto", 8, Kind.NUMBER, false),
    /** A port. */
    INET_SERVICE(13, "inet_service", 16, Kind.NUMBER, false),
    /** The type of an ICMP message. */
    ICMP_TYPE(14, "icmp_type", 8, Kind.NUMBER, false),
    /** The flags of TCP. */
    TCP_FLAG(15, "tcp_flag", 8, Kind.BITS, false),
    /** The type of a DCCP packet. */
    DCCP_PKTTYPE(16, "dccp_pkttype", 4, Kind.NUMBER, false),
    /** The type of a mobility header. */
    MH_TYPE(17, "mh_type", 8, Kind.NUMBER, false),
    /** A time span; its unit depends on the expression. */
    TIME(18, "time", 64, Kind.NUMBER, true),
    /** The mark of a packet or a connection. */
    MARK(19, "mark", 32, Kind.NUMBER, true),
    /** The index of a network device; written as the device's name. */
    IFACE_INDEX(20, "iface_index", 32, Kind.NUMBER, true),
    /** The hardware type of a network device, such as {@code ether}. */
    IFACE_TYPE(21, "iface_type", 16, Kind.NUMBER, true),
    /** A routing realm. */
    REALM(22, "realm", 32, Kind.NUMBER, true),
    /** A handle of traffic control, such as {@code 1:10}. */
    CLASSID(23, "classid", 32, Kind.NUMBER, true),
    /** A user id. */
    UID(24, "uid", 32, Kind.NUMBER, true),
    /** A group id. */
    GID(25, "gid", 32, Kind.NUMBER, true),
    /** The states of a connection, such as {@code established}. */
    CT_STATE(26, "ct_state", 32, Kind.BITS, true),
    /** A direction of a connection: {@code original} or {@code reply}. */
    CT_DIR(27, "ct_dir", 8, Kind.NUMBER, true),
    /** The status bits of a connection, such as {@code assured}. */
    CT_STATUS(28, "ct_status", 32, Kind.BITS, true),
    /** The type of an ICMPv6 message. */
    ICMPV6_TYPE(29, "icmpv6_type", 8, Kind.NUMBER, false),
    /** A label of a connection: a bit of 128. */
    CT_LABEL(30, "ct_label", 128, Kind.BITS, true),
    /** The destination of a packet in the link layer, such as {@code broadcast}. */
    PKT_TYPE(31, "pkt_type", 8, Kind.NUMBER, true),
    /** The code of an ICMP message, as in {@code reject}. */
    ICMP_CODE(32, "icmp_code", 8, Kind.NUMBER, false),
    /** The code of an ICMPv6 message. */
    ICMPV6_CODE(33, "icmpv6_code", 8, Kind.NUMBER, false),
    /** The codes that ICMP and ICMPv6 have in common. */
    ICMPX_CODE(34, "icmpx_code", 8, Kind.NUMBER, false),
    /** A group of network devices. */
    DEVGROUP(35, "devgroup", 32, Kind.NUMBER, true),
    /** The differentiated services code point. */
    DSCP(36, "dscp", 6, Kind.NUMBER, false),
    /** Explicit congestion notification. */
    ECN(37, "ecn", 2, Kind.NUMBER, false),
    /** The type of a routing result, such as {@code local}. */
    FIB_ADDRTYPE(38, "fib_addrtype", 32, Kind.NUMBER, true),
    /** Whether something exists. */
    BOOLEAN(39, "boolean", 1, Kind.NUMBER, true),
    /** The events of a connection that are reported. */
    CT_EVENT(40, "ct_event", 32, Kind.BITS, true),
    /** The name of a network device; a trailing asterisk matches any rest. */
    IFNAME(41, "ifname", 128, Kind.TEXT, true),
    /** The type of an IGMP message. */
    IGMP_TYPE(42, "igmp_type", 8, Kind.NUMBER, false),
    /** A moment, in nanoseconds since 1970-01-01T00:00Z. */
    TIME_DATE(43, "time", 64, Kind.NUMBER, true),
    /** A time of day, in seconds since midnight UTC. */
    TIME_HOUR(44, "hour", 32, Kind.NUMBER, true),
    /** A day of the week, 0 for Sunday. */
    TIME_DAY(45, "day", 8, Kind.NUMBER, true),
    /** A control group of version 2; written as its path. */
    CGROUPV2(46, "cgroupsv2", 64, Kind.NUMBER, true);

    /** How the values of a type are compared. */
    public enum Kind {
        /** Values are numbers, compared as such. */
        NUMBER,
        /** Values are sets of bits: a value without an operator matches if one of its bits is set. */
        BITS,
        /** Values are text. */
        TEXT
    }

    /** The bits that one type takes in the number of a concatenation. */
    private static final int CONCATENATION_BITS = 6;

    private static final Map<Integer, DataType> BY_NUMBER = new HashMap<>();
    private static final Map<String, DataType> BY_NAME = new HashMap<>();

    static {
        for (DataType type : values()) {
            BY_NUMBER.put(type.number, type);
            BY_NAME.putIfAbsent(type.text, type);
        }
    }

    private final int number;
    private final String text;
    private final int bits;
    private final Kind kind;
    private final boolean host;

    DataType(int number, String text, int bits, Kind kind, boolean host) {
        this.number = number;
        this.text = text;
        this.bits = bits;
        this.kind = kind;
        this.host = host;
    }

    /**
     * The type of a name.
     *
     * @param name nft's name, such as {@code ipv4_addr}
     * @return the type, or empty if nft has none of this name
     */
    public static Optional<DataType> of(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /**
     * The type of a number.
     *
     * @param number nft's number, of a single type
     * @return the type, or empty if the number is unknown
     */
    public static Optional<DataType> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /**
     * nft's number of the type.
     *
     * @return 1 to 63
     */
    public int number() {
        return number;
    }

    /**
     * nft's number of a concatenation of types.
     *
     * @param types from the first to the last
     * @return the number of the type itself if it is the only one
     */
    public static int number(Iterable<DataType> types) {
        int number = 0;
        for (DataType type : types) {
            number = (number << CONCATENATION_BITS) | type.number;
        }
        return number;
    }

    /**
     * nft's name of the type.
     *
     * @return a name such as {@code ipv4_addr}
     */
    public String text() {
        return text;
    }

    /**
     * The size of a value.
     *
     * @return bits, or 0 if it depends on the expression
     */
    public int bits() {
        return bits;
    }

    /**
     * How values are compared.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Whether the kernel keeps values in the byte order of the machine, instead of network order.
     *
     * @return true for host order
     */
    public boolean hostOrder() {
        return host;
    }

    /**
     * Whether an interval of all values with the same first bits is a prefix ({@code DTYPE_F_PREFIX} of nft), as {@code
     * 10.0.0.0/8}.
     *
     * @return true for addresses of IPv4 and IPv6, marks, realms and groups of devices
     */
    public boolean hasPrefixes() {
        return switch (this) {
            case IPV4_ADDR, IPV6_ADDR, MARK, REALM, DEVGROUP -> true;
            default -> false;
        };
    }
}
