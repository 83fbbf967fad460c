// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * A TCP header (RFC 9293). Offsets count from the start of the bytes that were wrapped. {@link TcpOptions} reads its
 * options, {@link OptionCursor} shows them one by one.
 *
 * <p>There is no whole TCP header in fewer than 20 bytes, or with a header length below 20.
 */
public final class TcpView extends HeaderView {
    static final int MIN_LENGTH = 20;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public TcpView() {}

    @Override
    boolean isHeader(Bytes bytes, int offset) {
        return Bounds.has(bytes, offset, MIN_LENGTH) && bytes.u8(offset + 12) >> 4 >= 5;
    }

    /**
     * The source port.
     *
     * @return 0 to 65535
     */
    public int sourcePort() {
        return bytes.u16(start);
    }

    /**
     * The destination port.
     *
     * @return 0 to 65535
     */
    public int destinationPort() {
        return bytes.u16(start + 2);
    }

    /**
     * The sequence number.
     *
     * @return 0 to 2³²−1
     */
    public long sequence() {
        return bytes.u32(start + 4);
    }

    /**
     * The acknowledgement number; valid if {@link #ack()} is true.
     *
     * @return 0 to 2³²−1
     */
    public long acknowledgement() {
        return bytes.u32(start + 8);
    }

    /**
     * The header's length with its options.
     *
     * @return 20 to 60, in bytes; may be more than is present if the packet is cut
     */
    public int headerLength() {
        return (bytes.u8(start + 12) >> 4) * 4;
    }

    /**
     * All flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
     *
     * @return 0 to 255
     */
    public int flags() {
        return bytes.u8(start + 13);
    }

    /**
     * Whether FIN is set.
     *
     * @return the flag
     */
    public boolean fin() {
        return (bytes.u8(start + 13) & 0x01) != 0;
    }

    /**
     * Whether SYN is set.
     *
     * @return the flag
     */
    public boolean syn() {
        return (bytes.u8(start + 13) & 0x02) != 0;
    }

    /**
     * Whether RST is set.
     *
     * @return the flag
     */
    public boolean rst() {
        return (bytes.u8(start + 13) & 0x04) != 0;
    }

    /**
     * Whether PSH is set.
     *
     * @return the flag
     */
    public boolean psh() {
        return (bytes.u8(start + 13) & 0x08) != 0;
    }

    /**
     * Whether ACK is set.
     *
     * @return the flag
     */
    public boolean ack() {
        return (bytes.u8(start + 13) & 0x10) != 0;
    }

    /**
     * Whether URG is set.
     *
     * @return the flag
     */
    public boolean urg() {
        return (bytes.u8(start + 13) & 0x20) != 0;
    }

    /**
     * The window, not scaled.
     *
     * @return 0 to 65535
     */
    public int window() {
        return bytes.u16(start + 14);
    }

    /**
     * The checksum, as it stands.
     *
     * @return 0 to 65535
     */
    public int checksum() {
        return bytes.u16(start + 16);
    }

    /**
     * The urgent pointer; valid if {@link #urg()} is true.
     *
     * @return 0 to 65535
     */
    public int urgentPointer() {
        return bytes.u16(start + 18);
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
