package dev.nfkit.packet;

import dev.nfkit.Bytes;

/** An ICMP header, of IPv4 (RFC 792) or IPv6 (RFC 4443). Offsets count from the start of the bytes that were wrapped. */
public final class IcmpView {
    static final int LENGTH = 8;

    private Bytes bytes = new Bytes();
    private int start;

    /** Makes a view of nothing, to be aimed with {@link #wrap(Bytes)}. */
    public IcmpView() {}

    /**
     * Aims the view at a header at the start of some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if there is no whole ICMP header: fewer than 8 bytes; the view then still shows what it showed before
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
     * @return false if there is no whole ICMP header: fewer than 8 bytes; the view then still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     * @throws IllegalArgumentException if the offset is negative
     */
    public boolean wrap(Bytes bytes, int offset) {
        if (!Room.has(bytes, offset, LENGTH)) {
            return false;
        }
        this.bytes = bytes;
        this.start = offset;
        return true;
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
     * The identifier of an echo request or reply; other types keep something else there.
     *
     * @return 0 to 65535
     */
    public int id() {
        return bytes.u16(start + 4);
    }

    /**
     * The sequence number of an echo request or reply; other types keep something else there.
     *
     * @return 0 to 65535
     */
    public int sequence() {
        return bytes.u16(start + 6);
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
