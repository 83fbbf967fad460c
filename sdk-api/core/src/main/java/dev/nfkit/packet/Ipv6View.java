// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import java.net.InetAddress;

/**
 * An IPv6 header (RFC 8200) and its extension headers, which {@link #wrap(Bytes)} walks once to find the transport;
 * {@link ExtensionCursor} shows them one by one. Offsets count from the start of the bytes that were wrapped.
 *
 * <p>There is no whole IPv6 header in fewer than 40 bytes, or with another version. What follows it may be cut.
 */
public final class Ipv6View extends HeaderView {
    static final int LENGTH = 40;

    private final ExtensionCursor extensions = new ExtensionCursor();
    private int upperProtocol;
    private int transportOffset;
    private int fragmentAt;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public Ipv6View() {}

    @Override
    boolean isHeader(Bytes bytes, int offset) {
        return Bounds.has(bytes, offset, LENGTH) && bytes.u8(offset) >> 4 == 6;
    }

    @Override
    void aimed() {
        fragmentAt = -1;
        extensions.wrap(bytes, start);
        while (extensions.next()) {
            if (extensions.type() == IpProtocol.FRAGMENT) {
                fragmentAt = extensions.offset();
            }
        }
        upperProtocol = extensions.nextHeader();
        transportOffset = extensions.transportOffset();
    }

    /**
     * The differentiated services code point.
     *
     * @return 0 to 63
     */
    public int dscp() {
        return (bytes.u16(start) >> 6) & 0x3f;
    }

    /**
     * The explicit congestion notification bits.
     *
     * @return 0 to 3
     */
    public int ecn() {
        return (bytes.u8(start + 1) >> 4) & 3;
    }

    /**
     * The flow label.
     *
     * @return 0 to 2²⁰−1
     */
    public int flowLabel() {
        return (int) bytes.u32(start) & 0xfffff;
    }

    /**
     * The length of what follows the header, extension headers included, according to the header.
     *
     * @return 0 to 65535, in bytes; 0 for a jumbogram
     */
    public int payloadLength() {
        return bytes.u16(start + 4);
    }

    /**
     * What follows the header itself, possibly an extension header.
     *
     * @return a number of {@link IpProtocol}, 0 to 255
     */
    public int nextHeader() {
        return bytes.u8(start + 6);
    }

    /**
     * The hop limit.
     *
     * @return 0 to 255
     */
    public int hopLimit() {
        return bytes.u8(start + 7);
    }

    /**
     * What the packet carries after its extension headers.
     *
     * @return a number of {@link IpProtocol}, 0 to 255; if the packet is cut within its extension headers or is a
     *     fragment that is not the first, the last known number, which may be that of an extension header
     */
    public int upperProtocol() {
        return upperProtocol;
    }

    /**
     * Where the header of {@link #upperProtocol()} starts.
     *
     * @return an offset in the wrapped bytes, at most their length; −1 if the packet has none, is cut before it, or
     *     is a fragment that is not the first
     */
    public int transportOffset() {
        return transportOffset;
    }

    /**
     * Whether the packet is a fragment.
     *
     * @return whether a fragment header was found
     */
    public boolean isFragment() {
        return fragmentAt >= 0;
    }

    /**
     * The position of this fragment.
     *
     * @return bytes from the start of the fragmentable part, a multiple of 8; 0 for the first fragment or a whole
     *     packet
     */
    public int fragmentOffset() {
        return fragmentAt < 0 ? 0 : bytes.u16(fragmentAt + 2) & 0xfff8;
    }

    /**
     * Whether more fragments follow.
     *
     * @return the flag; false for a whole packet
     */
    public boolean moreFragments() {
        return fragmentAt >= 0 && (bytes.u16(fragmentAt + 2) & 1) != 0;
    }

    /**
     * The fragment header's identification.
     *
     * @return 0 to 2³²−1; 0 for a whole packet
     */
    public long fragmentId() {
        return fragmentAt < 0 ? 0 : bytes.u32(fragmentAt + 4);
    }

    /**
     * The source address. Allocates.
     *
     * @return 16 bytes, valid as long as those that were wrapped
     */
    public Bytes source() {
        return bytes.slice(start + 8, 16);
    }

    /**
     * The destination address. Allocates.
     *
     * @return 16 bytes, valid as long as those that were wrapped
     */
    public Bytes destination() {
        return bytes.slice(start + 24, 16);
    }

    /**
     * The source address. Allocates.
     *
     * @return a new IPv6 address, even if it is IPv4-mapped
     */
    public InetAddress sourceAddress() {
        return AddressText.toInetAddress(bytes, start + 8, 16);
    }

    /**
     * The destination address. Allocates.
     *
     * @return a new IPv6 address, even if it is IPv4-mapped
     */
    public InetAddress destinationAddress() {
        return AddressText.toInetAddress(bytes, start + 24, 16);
    }
}
