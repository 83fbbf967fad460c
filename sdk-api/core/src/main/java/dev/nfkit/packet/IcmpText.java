// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import org.jspecify.annotations.Nullable;

/** ICMP and ICMPv6 messages as text, in the words of tcpdump. */
public final class IcmpText {
    private static final int FRAGMENTATION_NEEDED = 4;
    private static final int MTU_MASK = 0xffff;

    private IcmpText() {}

    /**
     * Appends the type of a message and what belongs to it: {@code echo request, id 7, seq 1}, {@code unreachable port},
     * {@code packet too big, mtu 1280}. A type or code without a name is a number: {@code type 200}, {@code unreachable code
     * 77}. Allocates nothing.
     *
     * @param target the text to append to
     * @param version 4 for ICMP of IPv4, 6 for ICMPv6
     * @param icmp the message
     */
    public static void append(StringBuilder target, int version, IcmpView icmp) {
        int type = icmp.type();
        String name = IcmpType.nameOrNull(version, type);
        if (name == null) {
            target.append("type ").append(type);
        } else {
            target.append(name);
        }
        if (IcmpType.isEcho(version, type)) {
            target.append(", id ").append(icmp.id()).append(", seq ").append(icmp.sequence());
            return;
        }
        code(target, version, type, icmp.code());
        if (version == 4 && type == IcmpType.DESTINATION_UNREACHABLE && icmp.code() == FRAGMENTATION_NEEDED) {
            target.append(", mtu ").append(icmp.rest() & MTU_MASK);
        } else if (version == 6 && type == IcmpType.V6_PACKET_TOO_BIG) {
            target.append(", mtu ").append(icmp.rest());
        }
    }

    private static void code(StringBuilder target, int version, int type, int code) {
        String name = version == 4 ? code4(type, code) : code6(type, code);
        if (name != null) {
            target.append(' ').append(name);
        } else if (code != 0) {
            target.append(" code ").append(code);
        }
    }

    private static @Nullable String code4(int type, int code) {
        return switch (type) {
            case IcmpType.DESTINATION_UNREACHABLE -> unreachable4(code);
            case IcmpType.REDIRECT ->
                switch (code) {
                    case 0 -> "net";
                    case 1 -> "host";
                    case 2 -> "net tos";
                    case 3 -> "host tos";
                    default -> null;
                };
            case IcmpType.TIME_EXCEEDED -> exceeded(code);
            default -> null;
        };
    }

    private static @Nullable String unreachable4(int code) {
        return switch (code) {
            case 0 -> "net";
            case 1 -> "host";
            case 2 -> "protocol";
            case 3 -> "port";
            case FRAGMENTATION_NEEDED -> "need to frag";
            case 5 -> "source route failed";
            case 6 -> "net unknown";
            case 7 -> "host unknown";
            case 8 -> "source isolated";
            case 9 -> "net prohibited";
            case 10 -> "host prohibited";
            case 11 -> "net tos";
            case 12 -> "host tos";
            case 13 -> "admin prohibited";
            case 14 -> "host precedence";
            case 15 -> "precedence cutoff";
            default -> null;
        };
    }

    private static @Nullable String code6(int type, int code) {
        return switch (type) {
            case IcmpType.V6_DESTINATION_UNREACHABLE -> unreachable6(code);
            case IcmpType.V6_TIME_EXCEEDED -> exceeded(code);
            case IcmpType.V6_PARAMETER_PROBLEM ->
                switch (code) {
                    case 0 -> "header";
                    case 1 -> "next header";
                    case 2 -> "option";
                    default -> null;
                };
            default -> null;
        };
    }

    private static @Nullable String unreachable6(int code) {
        return switch (code) {
            case 0 -> "route";
            case 1 -> "prohibited";
            case 2 -> "beyond scope";
            case 3 -> "address";
            case 4 -> "port";
            case 5 -> "source policy";
            case 6 -> "reject route";
            default -> null;
        };
    }

    private static @Nullable String exceeded(int code) {
        return switch (code) {
            case 0 -> "in transit";
            case 1 -> "reassembly";
            default -> null;
        };
    }
}
