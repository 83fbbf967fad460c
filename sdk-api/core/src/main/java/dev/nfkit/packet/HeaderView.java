// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;

/** A view of one header. It is aimed at bytes again and again, and allocates nothing. */
abstract sealed class HeaderView permits IcmpView, Ipv4View, Ipv6View, TcpView, UdpView {
    Bytes bytes = Bytes.of();
    int start;

    /** Whether a whole header of this kind starts at an offset. */
    abstract boolean isHeader(Bytes bytes, int offset);

    /** Reads what the view keeps of a header that it was just aimed at. */
    void aimed() {}

    /**
     * Aims the view at a header at the start of some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @return false if there is no whole header of this kind; the view then still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     */
    public final boolean wrap(Bytes bytes) {
        return wrap(bytes, 0);
    }

    /**
     * Aims the view at a header within some bytes.
     *
     * @param bytes the bytes, which are kept, not copied
     * @param offset where the header starts, from 0
     * @return false if there is no whole header of this kind; the view then still shows what it showed before
     * @throws IllegalStateException if the bytes were released
     * @throws IllegalArgumentException if the offset is negative
     */
    public final boolean wrap(Bytes bytes, int offset) {
        if (!isHeader(bytes, offset)) {
            return false;
        }
        this.bytes = bytes;
        this.start = offset;
        aimed();
        return true;
    }
}
