// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.packet.IpProtocol;
import java.util.Map;

/**
 * The reply type of each ICMP query type ({@code invmap} in {@code nf_conntrack_proto_icmp.c} and {@code
 * nf_conntrack_proto_icmpv6.c}).
 */
final class IcmpReplies {
    private static final Map<Integer, Integer> ICMP =
            Map.of(8, 0, 0, 8, 13, 14, 14, 13, 15, 16, 16, 15, 17, 18, 18, 17);
    private static final Map<Integer, Integer> ICMPV6 = Map.of(128, 129, 129, 128, 139, 140, 140, 139);

    private IcmpReplies() {}

    static int of(int protocol, int type) {
        Integer reply = (protocol == IpProtocol.ICMPV6 ? ICMPV6 : ICMP).get(type);
        if (reply == null) {
            throw new IllegalArgumentException(
                    "icmp type " + type + " has no reply; the kernel tracks only queries and replies of its own");
        }
        return reply;
    }
}
