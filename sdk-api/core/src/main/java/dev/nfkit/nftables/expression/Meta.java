// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the kernel knows of a packet beside its bytes, such as {@code meta mark} or {@code iifname}.
 *
 * <p>Follows {@code NFT_META_*} in {@code linux/netfilter/nf_tables.h} and {@code meta.c} of nftables.
 */
public enum Meta implements Selector {
    /** The length of the packet in bytes. */
    LENGTH(0, "length", DataType.INTEGER, 32, true),
    /** The protocol in the Ethernet frame. */
    PROTOCOL(1, "protocol", DataType.ETHER_TYPE, 16, false),
    /** The packet's priority for traffic control. */
    PRIORITY(2, "priority", DataType.CLASSID, 32, true),
    /** The packet's mark. */
    MARK(3, "mark", DataType.MARK, 32, true),
    /** The input device, by index. */
    IIF(4, "iif", DataType.IFACE_INDEX, 32, true),
    /** The output device, by index. */
    OIF(5, "oif", DataType.IFACE_INDEX, 32, true),
    /** The input device, by name. */
    IIFNAME(6, "iifname", DataType.IFNAME, 128, true),
    /** The output device, by name. */
    OIFNAME(7, "oifname", DataType.IFNAME, 128, true),
    /** The input device's hardware type. */
    IIFTYPE(8, "iiftype", DataType.IFACE_TYPE, 16, true),
    /** The output device's hardware type. */
    OIFTYPE(9, "oiftype", DataType.IFACE_TYPE, 16, true),
    /** The user id of the sending socket's owner. */
    SKUID(10, "skuid", DataType.UID, 32, true),
    /** The group id of the sending socket's owner. */
    SKGID(11, "skgid", DataType.GID, 32, true),
    /** Whether the packet is traced. */
    NFTRACE(12, "nftrace", DataType.INTEGER, 1, true),
    /** The route's realm. */
    RTCLASSID(13, "rtclassid", DataType.REALM, 32, true),
    /** The packet's security mark. */
    SECMARK(14, "secmark", DataType.INTEGER, 32, true),
    /** The family that the hook was called for. */
    NFPROTO(15, "nfproto", DataType.NF_PROTO, 8, false),
    /** The transport protocol. */
    L4PROTO(16, "l4proto", DataType.INET_PROTO, 8, false),
    /** The bridge of the input device. */
    IBRNAME(17, "ibrname", DataType.IFNAME, 128, true),
    /** The bridge of the output device. */
    OBRNAME(18, "obrname", DataType.IFNAME, 128, true),
    /** The packet's destination in the link layer. */
    PKTTYPE(19, "pkttype", DataType.PKT_TYPE, 8, true),
    /** The CPU that handles the packet. */
    CPU(20, "cpu", DataType.INTEGER, 32, true),
    /** The input device's group. */
    IIFGROUP(21, "iifgroup", DataType.DEVGROUP, 32, true),
    /** The output device's group. */
    OIFGROUP(22, "oifgroup", DataType.DEVGROUP, 32, true),
    /** The net_cls class of the sending socket. */
    CGROUP(23, "cgroup", DataType.INTEGER, 32, true),
    /** A random number. */
    RANDOM(24, "random", DataType.INTEGER, 32, false),
    /** Whether the packet passed IPsec. */
    IPSEC(25, "ipsec", DataType.BOOLEAN, 8, true),
    /** The input device's kind. */
    IIFKIND(26, "iifkind", DataType.IFNAME, 128, true),
    /** The output device's kind. */
    OIFKIND(27, "oifkind", DataType.IFNAME, 128, true),
    /** The bridge port's VLAN id. */
    IBRPVID(28, "ibrpvid", DataType.INTEGER, 16, true),
    /** The bridge's VLAN protocol. */
    IBRVPROTO(29, "ibrvproto", DataType.ETHER_TYPE, 16, false),
    /** The time of receipt. */
    TIME(30, "time", DataType.TIME_DATE, 64, true),
    /** The day of receipt. */
    DAY(31, "day", DataType.TIME_DAY, 8, true),
    /** The time of day of receipt. */
    HOUR(32, "hour", DataType.TIME_HOUR, 32, true),
    /** The slave device of a VRF, by index. */
    SDIF(33, "sdif", DataType.IFACE_INDEX, 32, true),
    /** The slave device of a VRF, by name. */
    SDIFNAME(34, "sdifname", DataType.IFNAME, 128, true),
    /** Whether a bridge passes the packet to the IP layer. */
    BROUTE(35, "broute", DataType.INTEGER, 1, true);

    private final int number;
    private final String text;
    private final DataType type;
    private final int bits;
    private final boolean host;

    Meta(int number, String text, DataType type, int bits, boolean host) {
        this.number = number;
        this.text = text;
        this.type = type;
        this.bits = bits;
        this.host = host;
    }

    private static final Map<Integer, Meta> BY_NUMBER = Arrays.stream(values())
            .collect(Collectors.toUnmodifiableMap(Meta::number, key -> key, (first, other) -> first));

    /**
     * The key of a number.
     *
     * @param number the kernel's number
     * @return the key, or empty if the number is unknown
     */
    public static Optional<Meta> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /**
     * The kernel's number.
     *
     * @return {@code NFT_META_*}
     */
    public int number() {
        return number;
    }

    /**
     * nft's name.
     *
     * @return a name such as {@code mark}
     */
    public String text() {
        return text;
    }

    @Override
    public DataType type() {
        return type;
    }

    @Override
    public int bits() {
        return bits;
    }

    @Override
    public boolean hostOrder() {
        return host;
    }
}
