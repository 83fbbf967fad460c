// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.nio.ByteBuffer;

/**
 * A view that its owner can aim at other bytes repeatedly, without an allocation. Readers get it as {@link Bytes}.
 *
 * <pre>{@code
 * private final IpSummary ip = new IpSummary();
 * private final BytesView payload = new BytesView();
 * ...
 * if (ip.wrap(packet.payload()) && ip.payload(payload)) { // aimed at the payload of this packet
 *     inspect(payload);
 * }
 * }</pre>
 */
public non-sealed class BytesView extends Bytes {
    /** Makes a view of no bytes, to be aimed with {@link #wrap}. */
    public BytesView() {}

    /**
     * A view over a whole array, not copied.
     *
     * @param array the bytes
     * @return a new view
     */
    public static BytesView of(byte... array) {
        return new BytesView().wrap(ByteBuffer.wrap(array), 0, array.length);
    }

    /**
     * Aims this view at other bytes.
     *
     * @param buffer the buffer; big-endian, which is a buffer's default; its position and limit are not used
     * @param offset the first byte, counted from the buffer's start
     * @param length the number of bytes
     * @return this view
     * @throws IndexOutOfBoundsException if the range exceeds the buffer
     * @throws IllegalArgumentException if the buffer is not big-endian
     */
    public final BytesView wrap(ByteBuffer buffer, int offset, int length) {
        aim(buffer, offset, length);
        return this;
    }

    /** Releases the view: until it is aimed again, its length is −1 and every read throws. */
    public final void release() {
        end();
    }
}
