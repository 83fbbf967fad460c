package dev.nfkit.packet;

import dev.nfkit.Bytes;

/** A UDP header (RFC 768). Offsets count from the start of the bytes that were wrapped. */
public final class UdpView {
    static final int LENGTH = 8;

    private Bytes bytes = Bytes.of();
    private int start;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public UdpView() {}

    /**
     * Aims the view at a header at the start of some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if there is no whole UDP header: fewer than 8 bytes; the view then still shows what it showed
     *     before
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
     * @return false if there is no whole UDP header: fewer than 8 bytes; the view then still shows what it showed
     *     before
     * @throws IllegalStateException if the bytes were released
     * @throws IllegalArgumentException if the offset is negative
     */
    public boolean wrap(Bytes bytes, int offset) {
        if (!Bounds.has(bytes, offset, LENGTH)) {
            return false;
        }
        this.bytes = bytes;
        this.start = offset;
        return true;
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
     * The length with the header, according to the header.
     *
     * @return 0 to 65535, in bytes; 0 if the field cannot hold it
     */
    public int length() {
        return bytes.u16(start + 4);
    }

    /**
     * The checksum, as it stands.
     *
     * @return 0 to 65535; 0 for none
     */
    public int checksum() {
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
