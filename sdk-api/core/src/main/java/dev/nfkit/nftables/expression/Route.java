// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * What a rule reads from the route of a packet.
 *
 * <p>Follows {@code NFT_RT_*} in {@code linux/netfilter/nf_tables.h}.
 */
public enum Route implements Selector {
    /** The routing realm. */
    CLASSID(0, "classid", DataType.REALM, 32, true),
    /** The IPv4 address of the next hop. */
    IP_NEXTHOP(1, "ip nexthop", DataType.IPV4_ADDR, 32, false),
    /** The IPv6 address of the next hop. */
    IP6_NEXTHOP(2, "ip6 nexthop", DataType.IPV6_ADDR, 128, false),
    /** The maximum segment size that TCP can use on the route. */
    MTU(3, "mtu", DataType.INTEGER, 16, true),
    /** Whether the packet will pass IPsec. */
    IPSEC(4, "ipsec", DataType.BOOLEAN, 8, true);

    private final int number;
    private final String text;
    private final DataType type;
    private final int bits;
    private final boolean host;

    Route(int number, String text, DataType type, int bits, boolean host) {
        this.number = number;
        this.text = text;
        this.type = type;
        this.bits = bits;
        this.host = host;
    }

    /**
     * The kernel's number.
     *
     * @return {@code NFT_RT_*}
     */
    public int number() {
        return number;
    }

    /**
     * nft's name.
     *
     * @return a name such as {@code mtu}
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
