// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * An ICMP header, of IPv4 (RFC 792) or IPv6 (RFC 4443). Offsets count from the start of the bytes that were wrapped.
 * {@link IcmpType} has the numbers of types.
 *
 * <p>There is no whole ICMP header in fewer than 8 bytes.
 */
public final class IcmpView extends HeaderView {
    static final int LENGTH = 8;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public IcmpView() {}

    @Override
    boolean isHeader(Bytes bytes, int offset) {
        return Bounds.has(bytes, offset, LENGTH);
    }

    /**
     * The type.
     *
     * @return 0 to 255
     */
    public int type() {
        return bytes.u8(start);
    }

    /**
     * The code.
     *
     * @return 0 to 255
     */
    public int code() {
        return bytes.u8(start + 1);
    }

    /**
     * The checksum, as it stands.
     *
     * @return 0 to 65535
     */
    public int checksum() {
        return bytes.u16(start + 2);
    }

    /**
     * The identifier of an echo request or reply; other types use these bytes differently.
     *
     * @return 0 to 65535
     */
    public int id() {
        return bytes.u16(start + 4);
    }

    /**
     * The sequence number of an echo request or reply; other types use these bytes differently.
     *
     * @return 0 to 65535
     */
    public int sequence() {
        return bytes.u16(start + 6);
    }

    /**
     * The four bytes after the checksum, as a number: identifier and sequence of an echo, the MTU of ICMPv6's Packet
     * Too Big, unused (in IPv4's Fragmentation Needed, the MTU in the lower half), or a redirect's gateway.
     *
     * @return 0 to 2³²−1
     */
    public long rest() {
        return bytes.u32(start + 4);
    }

    /**
     * Whether this is an echo request or reply, of IPv4 or IPv6.
     *
     * @return whether {@link #id()} and {@link #sequence()} are valid
     */
    public boolean isEcho() {
        return IcmpType.isEcho(type());
    }

    /**
     * Whether this is an error about another packet, whose IP header and first bytes are then at {@link
     * #payloadOffset()}; {@link IpSummary} reads them. They are usually cut, so that their length fields exceed what is
     * present. The types of IPv4 and IPv6 that do so do not overlap with other types of either version.
     *
     * @return true for destination unreachable, source quench, redirect (of IPv4), time exceeded and parameter problem,
     *     and ICMPv6's destination unreachable, packet too big, time exceeded and parameter problem
     */
    public boolean carriesPacket() {
        return switch (type()) {
            case IcmpType.V6_DESTINATION_UNREACHABLE,
                    IcmpType.V6_PACKET_TOO_BIG,
                    IcmpType.DESTINATION_UNREACHABLE, // ICMPv6: time exceeded
                    IcmpType.SOURCE_QUENCH, // ICMPv6: parameter problem
                    IcmpType.REDIRECT,
                    IcmpType.TIME_EXCEEDED,
                    IcmpType.PARAMETER_PROBLEM -> true;
            default -> false;
        };
    }

    /**
     * Where the payload starts.
     *
     * @return an offset in the wrapped bytes
     */
    public int payloadOffset() {
        return start + LENGTH;
    }
}
