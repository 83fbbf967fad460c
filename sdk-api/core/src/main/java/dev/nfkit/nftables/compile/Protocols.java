// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.expression.HeaderProtocol;
import org.jspecify.annotations.Nullable;

/** The numbers of transport protocols ({@code IPPROTO_*}). */
public final class Protocols {
    private Protocols() {}

    static int number(HeaderProtocol protocol) {
        return switch (protocol) {
            case ICMP -> 1;
            case IGMP -> 2;
            case TCP -> 6;
            case UDP -> 17;
            case DCCP -> 33;
            case ESP -> 50;
            case AH -> 51;
            case ICMPV6 -> 58;
            case COMP -> 108;
            case SCTP -> 132;
            case UDPLITE -> 136;
            default -> throw new IllegalArgumentException(protocol + " is no transport protocol");
        };
    }

    static String text(int number) {
        HeaderProtocol protocol = of(number);
        return protocol == null ? "protocol " + number : protocol.text();
    }

    /**
     * The transport protocol of a number.
     *
     * @param number {@code IPPROTO_*}
     * @return the protocol, or null if rules know none of its fields
     */
    public static @Nullable HeaderProtocol of(int number) {
        for (HeaderProtocol protocol : HeaderProtocol.values()) {
            if (isTransport(protocol) && number(protocol) == number) {
                return protocol;
            }
        }
        return null;
    }

    private static boolean isTransport(HeaderProtocol protocol) {
        return switch (protocol) {
            case ETHER, VLAN, ARP, IP, IP6, TH -> false;
            default -> true;
        };
    }
}
