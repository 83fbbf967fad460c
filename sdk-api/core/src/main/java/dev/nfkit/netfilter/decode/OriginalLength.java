// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter.decode;

import dev.nfkit.decode.NetworkOrder;
import java.nio.ByteBuffer;

/** The length of a packet on the wire, according to its IP header: NFLOG does not report it. */
public final class OriginalLength {
    private static final int IPV4_TOTAL_LENGTH = 2;
    private static final int IPV6_PAYLOAD_LENGTH = 4;
    private static final int IPV6_HEADER = 40;

    private OriginalLength() {}

    /**
     * The length according to a packet's header.
     *
     * @param buffer holds the payload; big-endian
     * @param offset the payload's first byte
     * @param length the payload's length
     * @param ethertype the payload's protocol
     * @return a length in bytes; 0 if the header has none (a jumbogram, another protocol)
     */
    public static int of(ByteBuffer buffer, int offset, int length, int ethertype) {
        if (ethertype == PayloadProtocol.ETH_P_IP && length >= IPV4_TOTAL_LENGTH + 2) {
            return NetworkOrder.u16(buffer, offset + IPV4_TOTAL_LENGTH);
        }
        if (ethertype == PayloadProtocol.ETH_P_IPV6 && length >= IPV6_PAYLOAD_LENGTH + 2) {
            int payload = NetworkOrder.u16(buffer, offset + IPV6_PAYLOAD_LENGTH);
            return payload == 0 ? 0 : IPV6_HEADER + payload;
        }
        return 0;
    }
}
