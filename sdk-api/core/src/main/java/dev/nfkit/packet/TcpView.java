package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * A TCP header (RFC 9293). Offsets count from the start of the bytes that were wrapped. {@link TcpOptions} reads its
 * options, {@link OptionCursor} shows them one by one.
 */
public final class TcpView {
    static final int MIN_LENGTH = 20;

    private Bytes bytes = Bytes.of();
    private int start;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public TcpView() {}

    /**
     * Aims the view at a header at the start of some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if there is no whole TCP header: fewer than 20 bytes, or a header length below 20; the view then
     *     still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     */
    public boolean wrap(Bytes bytes) {
        return wrap(bytes, 0);
    }

    /**
     * Aims the view at a header within some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @param offset where the header starts, from 0
     * @return false if there is no whole TCP header: fewer than 20 bytes, or a header length below 20; the view then
     *     still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     * @throws IllegalArgumentException if the offset is negative
     */
    public boolean wrap(Bytes bytes, int offset) {
        if (!Bounds.has(bytes, offset, MIN_LENGTH) || bytes.u8(offset + 12) >> 4 < 5) {
            return false;
        }
        this.bytes = bytes;
        this.start = offset;
        return true;
    }

    Bytes bytes() {
        return bytes;
    }

    int start() {
        return start;
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
