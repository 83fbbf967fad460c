package dev.nfkit.netfilter;

import dev.nfkit.wire.NetworkOrder;
import java.nio.ByteBuffer;

/** How long a packet was on the wire, as far as its IP header tells: NFLOG does not say. */
public final class OriginalLength {
    private static final int IPV4_TOTAL_LENGTH = 2;
    private static final int IPV6_PAYLOAD_LENGTH = 4;
    private static final int IPV6_HEADER = 40;

    private OriginalLength() {}

    /**
     * The length that a packet's header tells.
     *
     * @param buffer holds the payload; big-endian
     * @param offset the payload's first byte
     * @param length the payload's length
     * @param ethertype the payload's protocol
     * @return a length in bytes; 0 where the header tells none (a jumbogram, another protocol)
     */
    public static int told(ByteBuffer buffer, int offset, int length, int ethertype) {
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
