// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * Walks the extension headers of an IPv6 packet, one by one (RFC 8200). Reusable; walking allocates nothing. One thread
 * at a time. Offsets count from the start of the bytes that the view was aimed at.
 *
 * <p>The walk ends at the header of what the packet carries, after a fragment header that is not the first fragment's
 * (what follows is data), after 32 headers, and at the end of the bytes. {@link #incomplete()} is true after the last
 * two. Data encrypted by ESP is not examined.
 */
public final class ExtensionCursor {
    /** The maximum number of extension headers; further ones are not read. */
    private static final int MAX_EXTENSIONS = 32;

    private Bytes bytes = Bytes.of();
    private int at;
    private int end;
    private int nextHeader;
    private int count;
    private int type;
    private int offset;
    private int length;
    private boolean laterFragment;
    private boolean incomplete;

    /** Makes a cursor over nothing; {@link #wrap(Ipv6View)} aims it. */
    public ExtensionCursor() {
        nextHeader = IpProtocol.NO_NEXT_HEADER;
    }

    /**
     * Aims the cursor at a packet's extension headers, before the first.
     *
     * @param ip a view that was aimed at the packet; its bytes are kept, not copied
     * @return this cursor
     * @throws IllegalStateException if the bytes were released
     * @throws IndexOutOfBoundsException if the view was never aimed
     */
    public ExtensionCursor wrap(Ipv6View ip) {
        return wrap(ip.bytes, ip.start);
    }

    ExtensionCursor wrap(Bytes bytes, int start) {
        this.bytes = bytes;
        this.nextHeader = bytes.u8(start + 6);
        this.at = start + Ipv6View.LENGTH;
        this.end = bytes.length();
        this.count = 0;
        this.type = nextHeader;
        this.offset = at;
        this.length = 0;
        this.laterFragment = false;
        this.incomplete = false;
        return this;
    }

    /**
     * Moves to the next extension header. Its first 8 bytes are present; the rest may be cut.
     *
     * @return false after the last header
     * @throws IllegalStateException if the bytes were released
     */
    public boolean next() {
        if (laterFragment || !IpProtocol.isExtension(nextHeader)) {
            return false;
        }
        if (count == MAX_EXTENSIONS || end - at < 8) {
            incomplete = true;
            return false;
        }
        count++;
        type = nextHeader;
        offset = at;
        nextHeader = bytes.u8(at);
        length = lengthOf(type, bytes.u8(at + 1));
        at += length;
        incomplete = at > end;
        laterFragment = type == IpProtocol.FRAGMENT && (bytes.u16(offset + 2) & 0xfff8) != 0;
        return true;
    }

    private static int lengthOf(int type, int field) {
        return switch (type) {
            case IpProtocol.FRAGMENT -> 8;
            // The authentication header alone counts in units of four bytes (RFC 4302).
            case IpProtocol.AH -> Math.max(8, (field + 2) * 4);
            default -> (field + 1) * 8;
        };
    }

    /**
     * The type of this extension header.
     *
     * @return a number of {@link IpProtocol} for which {@link IpProtocol#isExtension(int)} holds
     */
    public int type() {
        return type;
    }

    /**
     * Where this extension header starts.
     *
     * @return an offset in the wrapped bytes
     */
    public int offset() {
        return offset;
    }

    /**
     * This extension header's length, according to its length field.
     *
     * @return 8 to 2048, in bytes; more than is present if the packet is cut
     */
    public int length() {
        return length;
    }

    /**
     * What follows this extension header, or, before the first {@link #next()}, the IPv6 header.
     *
     * @return a number of {@link IpProtocol}, 0 to 255
     */
    public int nextHeader() {
        return nextHeader;
    }

    /**
     * The routing type of a routing header (RFC 8200, 4.4): 0 source route (deprecated), 2 mobile IPv6, 3 RPL, 4
     * segment routing.
     *
     * @return 0 to 255
     * @throws IllegalStateException if this is no routing header, or the bytes were released
     */
    public int routingType() {
        requireRouting();
        return bytes.u8(offset + 2);
    }

    /**
     * The number of remaining stops of a routing header; while it is not 0, the destination address is only the next
     * stop.
     *
     * @return 0 to 255
     * @throws IllegalStateException if this is no routing header, or the bytes were released
     */
    public int segmentsLeft() {
        requireRouting();
        return bytes.u8(offset + 3);
    }

    private void requireRouting() {
        if (type != IpProtocol.ROUTING || length == 0) {
            throw new IllegalStateException("the cursor is at no routing header; check type()");
        }
    }

    /**
     * Whether headers are missing: the bytes end within one, or there are more than 32. Valid after {@link #next()}
     * returned false.
     *
     * @return whether the walk ended too early
     */
    public boolean incomplete() {
        return incomplete;
    }

    Bytes bytes() {
        return bytes;
    }

    /** The start of what the packet carries, after the walk ended; −1 if it is not present. */
    int transportOffset() {
        boolean reached = !laterFragment && !incomplete && nextHeader != IpProtocol.NO_NEXT_HEADER;
        return reached ? at : -1;
    }
}
