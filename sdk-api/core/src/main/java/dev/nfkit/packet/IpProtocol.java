// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** Numbers of what an IP packet carries (IANA's protocol numbers; {@code linux/in.h}, {@code linux/in6.h}). */
public final class IpProtocol {
    /** IPv6 hop-by-hop options. */
    public static final int HOP_BY_HOP = 0;
    /** ICMP of IPv4. */
    public static final int ICMP = 1;
    /** An IPv4 packet within. */
    public static final int IPIP = 4;
    /** TCP. */
    public static final int TCP = 6;
    /** UDP. */
    public static final int UDP = 17;
    /** DCCP. */
    public static final int DCCP = 33;
    /** An IPv6 packet within. */
    public static final int IPV6 = 41;
    /** IPv6 routing header. */
    public static final int ROUTING = 43;
    /** IPv6 fragment header. */
    public static final int FRAGMENT = 44;
    /** Generic routing encapsulation. */
    public static final int GRE = 47;
    /** ESP: what follows is encrypted. */
    public static final int ESP = 50;
    /** Authentication header. */
    public static final int AH = 51;
    /** ICMP of IPv6. */
    public static final int ICMPV6 = 58;
    /** IPv6: nothing follows. */
    public static final int NO_NEXT_HEADER = 59;
    /** IPv6 destination options. */
    public static final int DESTINATION_OPTIONS = 60;
    /** SCTP. */
    public static final int SCTP = 132;
    /** IPv6 mobility header, which nothing follows as a rule. */
    public static final int MOBILITY = 135;
    /** UDP-Lite. */
    public static final int UDPLITE = 136;
    /** Host identity protocol, an IPv6 extension header. */
    public static final int HIP = 139;
    /** Shim6, an IPv6 extension header. */
    public static final int SHIM6 = 140;

    private IpProtocol() {}

    /**
     * Whether a protocol's header starts with a source and a destination port of 16 bits each.
     *
     * @param protocol 0 to 255
     * @return true for TCP, UDP, UDP-Lite, SCTP and DCCP
     */
    public static boolean hasPorts(int protocol) {
        return protocol == TCP || protocol == UDP || protocol == SCTP || protocol == DCCP || protocol == UDPLITE;
    }

    /**
     * Whether a number is that of an IPv6 extension header, which another header follows.
     *
     * @param protocol 0 to 255
     * @return true for hop-by-hop and destination options, routing, fragment, authentication, mobility, HIP and Shim6
     */
    public static boolean isExtension(int protocol) {
        return switch (protocol) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, AH, DESTINATION_OPTIONS, MOBILITY, HIP, SHIM6 -> true;
            default -> false;
        };
    }

    /**
     * The name of a protocol.
     *
     * @param protocol 0 to 255
     * @return the usual short name in lower case, such as {@code tcp}; {@code proto-99} if this class has none
     */
    public static String name(int protocol) {
        return switch (protocol) {
            case ICMP -> "icmp";
            case 2 -> "igmp";
            case IPIP -> "ipip";
            case TCP -> "tcp";
            case UDP -> "udp";
            case DCCP -> "dccp";
            case IPV6 -> "ipv6";
            case GRE -> "gre";
            case ESP -> "esp";
            case AH -> "ah";
            case ICMPV6 -> "icmpv6";
            case SCTP -> "sctp";
            case UDPLITE -> "udplite";
            default -> "proto-" + protocol;
        };
    }
}
