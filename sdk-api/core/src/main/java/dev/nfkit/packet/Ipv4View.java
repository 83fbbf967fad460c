// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import java.net.InetAddress;

/**
 * An IPv4 header (RFC 791). Offsets count from the start of the bytes that were wrapped. {@link OptionCursor} shows its
 * options.
 *
 * <p>There is no whole IPv4 header in fewer than 20 bytes, with another version, or with a header length below 20. Its
 * options may be cut.
 */
public final class Ipv4View extends HeaderView {
    static final int MIN_LENGTH = 20;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public Ipv4View() {}

    @Override
    boolean isHeader(Bytes bytes, int offset) {
        if (!Bounds.has(bytes, offset, MIN_LENGTH)) {
            return false;
        }
        int first = bytes.u8(offset);
        return first >> 4 == 4 && (first & 0xf) >= 5;
    }

    /**
     * The header's length with its options.
     *
     * @return 20 to 60, in bytes; more than is present if the packet is cut
     */
    public int headerLength() {
        return (bytes.u8(start) & 0xf) * 4;
    }

    /**
     * The differentiated services code point.
     *
     * @return 0 to 63
     */
    public int dscp() {
        return bytes.u8(start + 1) >> 2;
    }

    /**
     * The explicit congestion notification bits.
     *
     * @return 0 to 3
     */
    public int ecn() {
        return bytes.u8(start + 1) & 3;
    }

    /**
     * The packet's length with its header, according to the header.
     *
     * @return 0 to 65535, in bytes; 0 if the field cannot hold it (BIG TCP)
     */
    public int totalLength() {
        return bytes.u16(start + 2);
    }

    /**
     * The identification, equal in all fragments of a packet.
     *
     * @return 0 to 65535
     */
    public int id() {
        return bytes.u16(start + 4);
    }

    /**
     * Whether the packet must not be fragmented (DF).
     *
     * @return the flag
     */
    public boolean dontFragment() {
        return (bytes.u16(start + 6) & 0x4000) != 0;
    }

    /**
     * Whether more fragments follow (MF).
     *
     * @return the flag
     */
    public boolean moreFragments() {
        return (bytes.u16(start + 6) & 0x2000) != 0;
    }

    /**
     * The position of this fragment.
     *
     * @return bytes from the start of the whole payload, a multiple of 8; 0 for the first fragment or a whole packet
     */
    public int fragmentOffset() {
        return (bytes.u16(start + 6) & 0x1fff) * 8;
    }

    /**
     * The time to live.
     *
     * @return 0 to 255
     */
    public int ttl() {
        return bytes.u8(start + 8);
    }

    /**
     * What the packet carries.
     *
     * @return a number of {@link IpProtocol}, 0 to 255
     */
    public int protocol() {
        return bytes.u8(start + 9);
    }

    /**
     * The header's checksum, as it stands.
     *
     * @return 0 to 65535
     */
    public int checksum() {
        return bytes.u16(start + 10);
    }

    /**
     * The source address as a number.
     *
     * @return the four bytes, the first highest
     */
    public int sourceBits() {
        return (int) bytes.u32(start + 12);
    }

    /**
     * The destination address as a number.
     *
     * @return the four bytes, the first highest
     */
    public int destinationBits() {
        return (int) bytes.u32(start + 16);
    }

    /**
     * The source address. Allocates.
     *
     * @return 4 bytes, valid as long as those that were wrapped
     */
    public Bytes source() {
        return bytes.slice(start + 12, 4);
    }

    /**
     * The destination address. Allocates.
     *
     * @return 4 bytes, valid as long as those that were wrapped
     */
    public Bytes destination() {
        return bytes.slice(start + 16, 4);
    }

    /**
     * The source address. Allocates.
     *
     * @return a new address
     */
    public InetAddress sourceAddress() {
        return AddressText.toInetAddress(bytes, start + 12, 4);
    }

    /**
     * The destination address. Allocates.
     *
     * @return a new address
     */
    public InetAddress destinationAddress() {
        return AddressText.toInetAddress(bytes, start + 16, 4);
    }

    /**
     * Where the payload starts.
     *
     * @return an offset in the wrapped bytes; may lie beyond their end if the packet is cut
     */
    public int payloadOffset() {
        return start + headerLength();
    }
}
