// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter.decode;

import java.nio.ByteBuffer;

/**
 * The protocol of a packet's payload if the kernel sends none. {@code skb->protocol} of packets that this host sends
 * was 0 in the hook LOCAL_OUT before Linux 4.10 ({@code __ip_local_out} in {@code net/ipv4/ip_output.c}, {@code
 * __ip6_local_out} in {@code net/ipv6/output_core.c}), and is 0 in captures of such kernels.
 */
public final class PayloadProtocol {
    /** The ethertype of IPv4. */
    public static final int ETH_P_IP = 0x0800;
    /** The ethertype of IPv6. */
    public static final int ETH_P_IPV6 = 0x86dd;

    private static final int NFPROTO_UNSPEC = 0;
    private static final int NFPROTO_INET = 1;
    private static final int NFPROTO_IPV4 = 2;
    private static final int NFPROTO_IPV6 = 10;

    private PayloadProtocol() {}

    /**
     * Determines the protocol from the family of the rule and the version at the payload's start. If there is no
     * payload, the families IPV4 and IPV6 suffice.
     *
     * @param family {@code nfgen_family}, 0 to 255
     * @param buffer holds the payload
     * @param offset the payload's first byte
     * @param length the payload's length; 0 if there is none
     * @return {@link #ETH_P_IP} or {@link #ETH_P_IPV6}; 0 if family and version contradict each other, if the version
     *     is another, and for families whose packets may have any protocol
     */
    public static int inferred(int family, ByteBuffer buffer, int offset, int length) {
        int version = length == 0 ? 0 : buffer.get(offset) >>> 4 & 0xf;
        return switch (family) {
            case NFPROTO_IPV4 -> version == 4 || length == 0 ? ETH_P_IP : 0;
            case NFPROTO_IPV6 -> version == 6 || length == 0 ? ETH_P_IPV6 : 0;
            case NFPROTO_INET, NFPROTO_UNSPEC -> version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0;
            default -> 0;
        };
    }
}
