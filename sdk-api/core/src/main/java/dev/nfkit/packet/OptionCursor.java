// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;

/**
 * Walks the options of an IPv4 header, a TCP header, or an IPv6 hop-by-hop or destination options header, one by one.
 * Reusable; walking allocates nothing. One thread at a time. Offsets count from the start of the bytes that the view
 * was aimed at.
 *
 * <p>Padding (no-operation, Pad1, PadN) is shown as an option; the end-of-options byte of IPv4 and TCP ends the walk.
 * So does an invalid option; {@link #malformed()} is then true. Every step moves on by at least a byte.
 */
public final class OptionCursor {
    private Bytes bytes = Bytes.of();
    private int end;
    private int next;
    private int offset;
    private int length;
    private int kind;
    private boolean tlv;
    private boolean malformed;
    private boolean cut;

    /** Makes a cursor over no options; the {@code wrap} methods aim it. */
    public OptionCursor() {}

    /**
     * Aims the cursor at the options of an IPv4 header (RFC 791), before the first. {@link Ipv4Option} has their kinds.
     *
     * @param ip a view that was aimed at the packet; its bytes are kept, not copied
     * @return this cursor
     * @throws IllegalStateException if the bytes were released
     * @throws IndexOutOfBoundsException if the view was never aimed
     */
    public OptionCursor wrap(Ipv4View ip) {
        return aim(ip.bytes, ip.start + Ipv4View.MIN_LENGTH, ip.payloadOffset(), false);
    }

    /**
     * Aims the cursor at the options of a TCP header (RFC 9293), before the first. {@link TcpOption} has their kinds.
     *
     * @param tcp a view that was aimed at the header; its bytes are kept, not copied
     * @return this cursor
     * @throws IllegalStateException if the bytes were released
     * @throws IndexOutOfBoundsException if the view was never aimed
     */
    public OptionCursor wrap(TcpView tcp) {
        return aim(tcp.bytes, tcp.start + TcpView.MIN_LENGTH, tcp.payloadOffset(), false);
    }

    /**
     * Aims the cursor at the options in an extension header (RFC 8200, 4.2), before the first. {@link Ipv6Option} has
     * their types.
     *
     * @param extension a cursor at a hop-by-hop or destination options header; its bytes are kept
     * @return this cursor
     * @throws IllegalArgumentException if it is at another header, which has no options
     * @throws IllegalStateException if the bytes were released
     */
    public OptionCursor wrap(ExtensionCursor extension) {
        int type = extension.type();
        if ((type != IpProtocol.HOP_BY_HOP && type != IpProtocol.DESTINATION_OPTIONS) || extension.length() == 0) {
            throw new IllegalArgumentException("only hop-by-hop and destination options headers have options");
        }
        return aim(extension.bytes(), extension.offset() + 2, extension.offset() + extension.length(), true);
    }

    private OptionCursor aim(Bytes bytes, int from, int to, boolean tlv) {
        Bounds.requireLive(bytes);
        this.bytes = bytes;
        this.next = from;
        this.end = Math.min(to, bytes.length());
        this.cut = end < to;
        this.tlv = tlv;
        this.malformed = false;
        this.offset = from;
        this.length = 0;
        this.kind = 0;
        return this;
    }

    /**
     * Moves to the next option.
     *
     * @return false at the end; {@link #malformed()} is then true if not all were found
     * @throws IllegalStateException if the bytes were released
     */
    public boolean next() {
        if (next >= end) {
            malformed |= cut;
            return false;
        }
        kind = bytes.u8(next);
        if (kind == 0 && !tlv) {
            next = end;
            cut = false;
            return false;
        }
        int size = 1;
        if (kind != (tlv ? Ipv6Option.PAD1 : Ipv4Option.NO_OPERATION)) {
            // The length field of IPv4 and TCP includes the kind and the length bytes, that of IPv6 does not.
            size = next + 1 < end ? bytes.u8(next + 1) + (tlv ? 2 : 0) : 0;
            if (size < 2 || size > end - next) {
                malformed = true;
                next = end;
                return false;
            }
        }
        offset = next;
        length = size;
        next += size;
        return true;
    }

    /**
     * Moves on to the next option of a kind.
     *
     * @param kind 0 to 255
     * @return false if no such option follows
     * @throws IllegalStateException if the bytes were released
     */
    public boolean find(int kind) {
        while (next()) {
            if (this.kind == kind) {
                return true;
            }
        }
        return false;
    }

    /**
     * The option's kind: its whole first byte.
     *
     * @return 0 to 255
     */
    public int kind() {
        return kind;
    }

    /**
     * Where the option starts, at its kind.
     *
     * @return an offset in the wrapped bytes
     */
    public int offset() {
        return offset;
    }

    /**
     * The option's length, including its kind byte and, if it has one, its length byte.
     *
     * @return 1 to 257, in bytes
     */
    public int length() {
        return length;
    }

    /**
     * Where the option's data starts, after kind and length.
     *
     * @return an offset in the wrapped bytes
     */
    public int dataOffset() {
        return offset + Math.min(2, length);
    }

    /**
     * The length of the option's data.
     *
     * @return 0 to 255, in bytes
     */
    public int dataLength() {
        return Math.max(0, length - 2);
    }

    /**
     * Aims a view at the option's data. Allocates nothing.
     *
     * @param view the view to aim
     * @return the view
     * @throws IllegalStateException if the bytes were released
     */
    public BytesView data(BytesView view) {
        return bytes.slice(dataOffset(), dataLength(), view);
    }

    /**
     * Whether the walk ended before all options were found: an option has a length below 2 or exceeds the header, or
     * the packet is cut within the options. Valid after {@link #next()} returned false.
     *
     * @return whether the remaining options are unknown
     */
    public boolean malformed() {
        return malformed;
    }
}
