// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * Some bytes of a buffer, to be read: zero-based and read-only. Multi-byte reads are big-endian (network order).
 *
 * <p>Bytes may be <em>borrowed</em>: their owner aims the view at other bytes for the next packet, by {@link BytesView},
 * and releases it in between. A released view has length −1 and every read of it throws IllegalStateException. {@link
 * #copy()} returns bytes that stay valid. Not safe for use by several threads while the owner still moves the view.
 */
public abstract sealed class Bytes permits BytesView {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private ByteBuffer buffer = NOTHING;
    private int start;
    private int length;

    /** A view of no bytes. */
    Bytes() {}

    /**
     * A view over a whole array, not copied.
     *
     * @param array the bytes
     * @return a new view
     */
    public static Bytes of(byte... array) {
        return BytesView.of(array);
    }

    /** Aims the view at other bytes. */
    @SuppressWarnings("ReferenceEquality") // another buffer with the same bytes is another buffer
    final void aim(ByteBuffer buffer, int offset, int length) {
        if ((offset | length) < 0 || offset > buffer.capacity() - length) {
            throw new IndexOutOfBoundsException(
                    "bytes " + offset + " to " + ((long) offset + length) + " of a buffer of " + buffer.capacity());
        }
        if (buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("the buffer of a Bytes view must be big-endian");
        }
        if (this.buffer != buffer) { // a reference that is stored costs the collector's mark
            this.buffer = buffer;
        }
        this.start = offset;
        this.length = length;
    }

    /** Ends the life of a borrowed view. */
    final void end() {
        length = -1;
    }

    /**
     * The number of bytes.
     *
     * @return the length, or −1 once the view was released
     */
    public int length() {
        return length;
    }

    /**
     * One byte.
     *
     * @param index from 0
     * @return 0 to 255
     * @throws IndexOutOfBoundsException if the index exceeds the view
     * @throws IllegalStateException if the view was released
     */
    public int u8(int index) {
        return buffer.get(at(index, 1)) & 0xff;
    }

    /**
     * Two bytes, big-endian.
     *
     * @param index of the first byte, from 0
     * @return 0 to 65535
     * @throws IndexOutOfBoundsException if the range exceeds the view
     * @throws IllegalStateException if the view was released
     */
    public int u16(int index) {
        return buffer.getShort(at(index, 2)) & 0xffff;
    }

    /**
     * Four bytes, big-endian.
     *
     * @param index of the first byte, from 0
     * @return 0 to 2³²−1
     * @throws IndexOutOfBoundsException if the range exceeds the view
     * @throws IllegalStateException if the view was released
     */
    public long u32(int index) {
        return buffer.getInt(at(index, 4)) & 0xffff_ffffL;
    }

    /**
     * Eight bytes, big-endian, as a signed number.
     *
     * @param index of the first byte, from 0
     * @return the bits
     * @throws IndexOutOfBoundsException if the range exceeds the view
     * @throws IllegalStateException if the view was released
     */
    public long u64(int index) {
        return buffer.getLong(at(index, 8));
    }

    private int at(int index, int size) {
        if (index < 0 || index > length - size) {
            throw outside(index, size);
        }
        return start + index;
    }

    private RuntimeException outside(int index, int size) {
        if (length < 0) {
            return useAfterRelease(
                    "these bytes were borrowed and are no longer valid; copy() the packet inside the callback");
        }
        return new IndexOutOfBoundsException("bytes " + index + " to " + ((long) index + size) + " of " + length);
    }

    /**
     * Makes the error of a use after the release. For strict views of test doubles; applications need not override it.
     *
     * @param message what is wrong
     * @return the error to throw
     */
    protected IllegalStateException useAfterRelease(String message) {
        return new IllegalStateException(message);
    }

    /**
     * Copies bytes into an array.
     *
     * @param index of the first byte to copy, from 0
     * @param target where to
     * @param targetIndex the first index to fill
     * @param count the number of bytes
     * @throws IndexOutOfBoundsException if a range exceeds the view or the array
     * @throws IllegalStateException if the view was released
     */
    public void copyTo(int index, byte[] target, int targetIndex, int count) {
        buffer.get(atRange(index, count), target, targetIndex, count);
    }

    /**
     * Copies bytes into a buffer, whose position stays where it is.
     *
     * @param index of the first byte to copy, from 0
     * @param target where to
     * @param targetIndex the first index to fill, below its limit
     * @param count the number of bytes
     * @throws IndexOutOfBoundsException if a range exceeds the view or the buffer
     * @throws IllegalStateException if the view was released
     */
    public void copyTo(int index, ByteBuffer target, int targetIndex, int count) {
        target.put(targetIndex, buffer, atRange(index, count), count);
    }

    /**
     * Appends all bytes to a buffer at its position.
     *
     * @param target where to; its position moves by {@link #length()}
     * @throws java.nio.BufferOverflowException if the target has too little space
     * @throws IllegalStateException if the view was released
     */
    public void copyTo(ByteBuffer target) {
        int from = atRange(0, length);
        if (target.remaining() < length) {
            throw new java.nio.BufferOverflowException();
        }
        target.put(target.position(), buffer, from, length);
        target.position(target.position() + length);
    }

    private int atRange(int index, int count) {
        if ((index | count) < 0 || index > length - count) {
            throw outside(index, count);
        }
        return start + index;
    }

    /**
     * A part of these bytes, without a copy. It allocates, and it does not notice when this view is released, unless
     * views are strict, as those of test doubles are.
     *
     * @param index of the first byte, from 0
     * @param count the number of bytes
     * @return a new view
     * @throws IndexOutOfBoundsException if the range exceeds the view
     * @throws IllegalStateException if the view was released
     */
    public Bytes slice(int index, int count) {
        return new BytesView().wrap(buffer, atRange(index, count), count);
    }

    /**
     * Aims another view at a part of these bytes, without a copy and without an allocation. The other view does not
     * notice when this one is released.
     *
     * @param index of the first byte, from 0
     * @param count the number of bytes
     * @param view the view to aim; may be this one
     * @return the other view
     * @throws IndexOutOfBoundsException if the range exceeds the view
     * @throws IllegalStateException if the view was released
     */
    public BytesView slice(int index, int count, BytesView view) {
        return view.wrap(buffer, atRange(index, count), count);
    }

    /**
     * The bytes as a read-only, big-endian buffer, without a copy. It allocates, and it does not notice when this view
     * is released.
     *
     * @return a new buffer from position 0 to the length
     * @throws IllegalStateException if the view was released
     */
    public ByteBuffer toByteBuffer() {
        return buffer.slice(atRange(0, length), length).asReadOnlyBuffer();
    }

    /**
     * The bytes as an array.
     *
     * @return a new array
     * @throws IllegalStateException if the view was released
     */
    public byte[] toArray() {
        if (length < 0) {
            throw outside(0, 0);
        }
        byte[] array = new byte[length];
        buffer.get(start, array);
        return array;
    }

    /**
     * A view over a copy of these bytes, which is never moved or released.
     *
     * @return a new view
     * @throws IllegalStateException if the view was released
     */
    public Bytes copy() {
        return of(toArray());
    }

    /**
     * The bytes in lower-case hexadecimal, without separators.
     *
     * @return two characters a byte
     * @throws IllegalStateException if the view was released
     */
    public String toHex() {
        return HexFormat.of().formatHex(toArray());
    }

    /**
     * Length and first bytes, for messages; never throws.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        if (length < 0) {
            return "Bytes(released)";
        }
        int shown = Math.min(length, 16);
        return "Bytes(" + length + ": " + (shown == 0 ? "" : slice(0, shown).toHex()) + (shown < length ? "…" : "")
                + ")";
    }
}
