// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.packet.IpProtocol;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;

/** Writes tuples. */
public final class TupleWriter {
    private static final int ABSENT = TupleReader.ABSENT;
    private static final int IPV6_LEN = 16;

    private TupleWriter() {}

    /**
     * Writes a tuple as a nested attribute.
     *
     * @param writer the target; a message or nest must have been begun
     * @param type the attribute's type, such as {@link Cta#TUPLE_ORIG}
     * @param tuple the tuple's fields
     */
    public static void write(MessageWriter writer, int type, TupleReader tuple) {
        boolean six = tuple.six();
        int nest = writer.beginNest(type);
        int ip = writer.beginNest(Cta.TUPLE_IP);
        if (tuple.hasSource) {
            writer.bytes(six ? Cta.IP_V6_SRC : Cta.IP_V4_SRC, address(six, tuple.sourceHigh, tuple.sourceLow));
        }
        if (tuple.hasDestination) {
            writer.bytes(
                    six ? Cta.IP_V6_DST : Cta.IP_V4_DST, address(six, tuple.destinationHigh, tuple.destinationLow));
        }
        writer.endNest(ip);
        if (hasProto(tuple)) {
            int proto = writer.beginNest(Cta.TUPLE_PROTO);
            u8(writer, Cta.PROTO_NUM, tuple.protocol);
            be16(writer, Cta.PROTO_SRC_PORT, tuple.sourcePort);
            be16(writer, Cta.PROTO_DST_PORT, tuple.destinationPort);
            boolean icmp6 = tuple.protocol == IpProtocol.ICMPV6;
            u8(writer, icmp6 ? Cta.PROTO_ICMPV6_TYPE : Cta.PROTO_ICMP_TYPE, tuple.icmpType);
            u8(writer, icmp6 ? Cta.PROTO_ICMPV6_CODE : Cta.PROTO_ICMP_CODE, tuple.icmpCode);
            be16(writer, icmp6 ? Cta.PROTO_ICMPV6_ID : Cta.PROTO_ICMP_ID, tuple.icmpId);
            writer.endNest(proto);
        }
        be16(writer, Cta.TUPLE_ZONE, tuple.zone);
        writer.endNest(nest);
    }

    private static boolean hasProto(TupleReader tuple) {
        // ABSENT alone has all bits set.
        return (tuple.protocol
                        & tuple.sourcePort
                        & tuple.destinationPort
                        & tuple.icmpId
                        & tuple.icmpType
                        & tuple.icmpCode)
                != ABSENT;
    }

    /**
     * An address as bytes.
     *
     * @param six whether it is one of IPv6
     * @param high the upper half; ignored for IPv4
     * @param low the lower half
     * @return 4 or 16 bytes
     */
    public static byte[] address(boolean six, long high, long low) {
        return six
                ? ByteBuffer.allocate(IPV6_LEN).putLong(high).putLong(low).array()
                : ByteBuffer.allocate(Integer.BYTES).putInt((int) low).array();
    }

    private static void be16(MessageWriter writer, int type, int value) {
        if (value != ABSENT) {
            writer.be16(type, value);
        }
    }

    private static void u8(MessageWriter writer, int type, int value) {
        if (value != ABSENT) {
            writer.u8(type, value);
        }
    }
}
