// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Types of ICMP messages (IANA's numbers; {@code linux/icmp.h}, {@code linux/icmpv6.h}). Those of ICMPv6 start with
 * {@code V6_}: the same number has different meanings in the two versions.
 */
public final class IcmpType {
    /** IPv4: an answer to an echo request. */
    public static final int ECHO_REPLY = 0;
    /** IPv4: a packet could not be delivered; code 4 is "fragmentation needed". */
    public static final int DESTINATION_UNREACHABLE = 3;
    /** IPv4: send more slowly (deprecated). */
    public static final int SOURCE_QUENCH = 4;
    /** IPv4: a better gateway. */
    public static final int REDIRECT = 5;
    /** IPv4: a request for an echo reply. */
    public static final int ECHO_REQUEST = 8;
    /** IPv4: the TTL ran out, or a fragment did not come in time. */
    public static final int TIME_EXCEEDED = 11;
    /** IPv4: a header could not be understood. */
    public static final int PARAMETER_PROBLEM = 12;
    /** IPv6: a packet could not be delivered. */
    public static final int V6_DESTINATION_UNREACHABLE = 1;
    /** IPv6: a packet was larger than the next link's MTU. */
    public static final int V6_PACKET_TOO_BIG = 2;
    /** IPv6: the hop limit ran out, or a fragment did not come in time. */
    public static final int V6_TIME_EXCEEDED = 3;
    /** IPv6: a header could not be understood. */
    public static final int V6_PARAMETER_PROBLEM = 4;
    /** IPv6: a request for an echo reply. */
    public static final int V6_ECHO_REQUEST = 128;
    /** IPv6: an answer to an echo request. */
    public static final int V6_ECHO_REPLY = 129;
    /** IPv6: a host looks for routers. */
    public static final int V6_ROUTER_SOLICITATION = 133;
    /** IPv6: a router announces itself. */
    public static final int V6_ROUTER_ADVERTISEMENT = 134;
    /** IPv6: a host asks for a neighbour's link-layer address. */
    public static final int V6_NEIGHBOR_SOLICITATION = 135;
    /** IPv6: a neighbour announces its link-layer address. */
    public static final int V6_NEIGHBOR_ADVERTISEMENT = 136;

    private IcmpType() {}

    /**
     * The usual name of a type, such as {@code echo request}.
     *
     * @param version 4 for ICMP of IPv4, 6 for ICMPv6
     * @param type the type, 0 to 255
     * @return a name in lower case; empty if the type has none, or is obsolete
     */
    public static Optional<String> name(int version, int type) {
        return Optional.ofNullable(nameOrNull(version, type));
    }

    static @Nullable String nameOrNull(int version, int type) {
        return version == 4 ? name4(type) : name6(type);
    }

    private static @Nullable String name4(int type) {
        return switch (type) {
            case ECHO_REPLY -> "echo reply";
            case DESTINATION_UNREACHABLE -> "unreachable";
            case SOURCE_QUENCH -> "source quench";
            case REDIRECT -> "redirect";
            case ECHO_REQUEST -> "echo request";
            case 9 -> "router advertisement";
            case 10 -> "router solicitation";
            case TIME_EXCEEDED -> "time exceeded";
            case PARAMETER_PROBLEM -> "parameter problem";
            case 13 -> "timestamp request";
            case 14 -> "timestamp reply";
            case 17 -> "address mask request";
            case 18 -> "address mask reply";
            default -> null;
        };
    }

    private static @Nullable String name6(int type) {
        return switch (type) {
            case V6_DESTINATION_UNREACHABLE -> "unreachable";
            case V6_PACKET_TOO_BIG -> "packet too big";
            case V6_TIME_EXCEEDED -> "time exceeded";
            case V6_PARAMETER_PROBLEM -> "parameter problem";
            case V6_ECHO_REQUEST -> "echo request";
            case V6_ECHO_REPLY -> "echo reply";
            case 130 -> "multicast listener query";
            case 131 -> "multicast listener report";
            case 132 -> "multicast listener done";
            case V6_ROUTER_SOLICITATION -> "router solicitation";
            case V6_ROUTER_ADVERTISEMENT -> "router advertisement";
            case V6_NEIGHBOR_SOLICITATION -> "neighbor solicitation";
            case V6_NEIGHBOR_ADVERTISEMENT -> "neighbor advertisement";
            case 137 -> "redirect";
            case 143 -> "multicast listener report v2";
            default -> null;
        };
    }

    static boolean isEcho(int version, int type) {
        return version == 4
                ? type == ECHO_REQUEST || type == ECHO_REPLY
                : type == V6_ECHO_REQUEST || type == V6_ECHO_REPLY;
    }

    static boolean isEcho(int type) {
        return isEcho(4, type) || isEcho(6, type);
    }
}
