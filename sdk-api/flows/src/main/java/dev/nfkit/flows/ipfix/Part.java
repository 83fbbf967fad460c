// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * The part of a record that a field belongs to. Which parts a record has is its kind, a number of bits:
 *
 * <pre>{@code
 * bit 0     IPv6
 * bits 1, 2 0 neither ports nor ICMP, 1 ports, 2 ICMP
 * bit 3     translated (NAT)
 * bits 4, 5 0 no process was asked for, 1 it is known, 2 it is unknown
 * }</pre>
 */
enum Part {
    ALWAYS(0, 0),
    IPV4(Part.IPV6_BIT, 0),
    IPV6(Part.IPV6_BIT, Part.IPV6_BIT),
    PORTS(Part.LAYER_4, Part.PORTS_BIT),
    ICMP(Part.LAYER_4, Part.ICMP_BIT),
    ICMPV4(Part.LAYER_4 | Part.IPV6_BIT, Part.ICMP_BIT),
    ICMPV6(Part.LAYER_4 | Part.IPV6_BIT, Part.ICMP_BIT | Part.IPV6_BIT),
    NAT_IPV4(Part.NAT_BIT | Part.IPV6_BIT, Part.NAT_BIT),
    NAT_IPV6(Part.NAT_BIT | Part.IPV6_BIT, Part.NAT_BIT | Part.IPV6_BIT),
    NAT_PORTS(Part.NAT_BIT | Part.LAYER_4, Part.NAT_BIT | Part.PORTS_BIT),
    KNOWN_PROCESS(Part.PROCESS, Part.KNOWN_BIT),
    UNKNOWN_PROCESS(Part.PROCESS, Part.UNKNOWN_BIT);

    static final int KINDS = 1 << 6;
    static final int IPV6_BIT = 1;
    static final int PORTS_BIT = 1 << 1;
    static final int ICMP_BIT = 1 << 2;
    static final int NAT_BIT = 1 << 3;
    static final int KNOWN_BIT = 1 << 4;
    static final int UNKNOWN_BIT = 1 << 5;
    private static final int LAYER_4 = PORTS_BIT | ICMP_BIT;
    private static final int PROCESS = KNOWN_BIT | UNKNOWN_BIT;

    private final int mask;
    private final int bits;

    Part(int mask, int bits) {
        this.mask = mask;
        this.bits = bits;
    }

    boolean isIn(int kind) {
        return (kind & mask) == bits;
    }
}
