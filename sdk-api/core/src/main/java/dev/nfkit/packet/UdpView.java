// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/**
 * A UDP header (RFC 768). Offsets count from the start of the bytes that were wrapped.
 *
 * <p>There is no whole UDP header in fewer than 8 bytes.
 */
public final class UdpView extends HeaderView {
    static final int LENGTH = 8;

    /** Makes a view of nothing; {@link #wrap(Bytes)} aims it. */
    public UdpView() {}

    @Override
    boolean isHeader(Bytes bytes, int offset) {
        return Bounds.has(bytes, offset, LENGTH);
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
