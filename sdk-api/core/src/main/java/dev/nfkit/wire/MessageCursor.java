// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

import static dev.nfkit.wire.Netlink.NFGENMSG_LEN;
import static dev.nfkit.wire.Netlink.NLMSG_HDRLEN;

import dev.nfkit.MalformedMessageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Walks the messages of one datagram. Reusable; allocates nothing. One thread at a time.
 *
 * <p>The last message may lack its tail padding, which is legal. The accessors return the fields of the message that
 * the last {@link #next()} found; before the first and after the last message their values are undefined.
 */
public final class MessageCursor {
    private static final VarHandle HEADS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    // A read by a handle makes one bounds check and takes half the time of ByteBuffer#getInt.
    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private boolean littleEndian;
    private int start;
    private int end;
    private int next;
    private int offset;
    private int length;
    private int typeAndFlags;

    /** Makes a cursor over nothing; {@link #wrap} aims it. */
    public MessageCursor() {}

    /**
     * Aims the cursor at a datagram, before its first message.
     *
     * @param buffer the buffer; big-endian, which is a buffer's default
     * @param offset the datagram's first byte, from the buffer's start
     * @param length the datagram's length in bytes
     * @param order the byte order of the host that wrote it, which is that of headers
     * @return this cursor
     * @throws IndexOutOfBoundsException if the range exceeds the buffer
     */
    @SuppressWarnings("ReferenceEquality") // another buffer with the same bytes is another buffer
    public MessageCursor wrap(ByteBuffer buffer, int offset, int length, ByteOrder order) {
        if ((offset | length) < 0 || offset > buffer.capacity() - length) {
            throw new IndexOutOfBoundsException(
                    "datagram at " + offset + " of " + length + " bytes in a buffer of " + buffer.capacity());
        }
        if (buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("the buffer of a cursor must be big-endian");
        }
        if (this.buffer != buffer) { // a reference that is stored costs the collector's mark
            this.buffer = buffer;
        }
        this.littleEndian = order == ByteOrder.LITTLE_ENDIAN;
        this.start = offset;
        this.end = offset + length;
        this.next = offset;
        return this;
    }

    /**
     * Moves to the next message.
     *
     * @return false at the end of the datagram
     * @throws MalformedMessageException if a header is cut, or its length is less than a header or more than what
     *     remains; the cursor is then at the end
     */
    public boolean next() throws MalformedMessageException {
        int left = end - next;
        if (left <= 0) {
            return false;
        }
        if (left < NLMSG_HDRLEN) {
            throw malformed("a header of " + NLMSG_HDRLEN + " bytes", left + " bytes");
        }
        long head = (long) HEADS.get(buffer, next);
        int size = littleEndian ? (int) head : Integer.reverseBytes((int) head);
        if (size < NLMSG_HDRLEN || size > left) {
            throw malformed(
                    "nlmsg_len from " + NLMSG_HDRLEN + " to " + left, Long.toString(Integer.toUnsignedLong(size)));
        }
        offset = next;
        length = size;
        int after = (int) (head >>> 32);
        typeAndFlags = littleEndian ? after : Integer.rotateLeft(Integer.reverseBytes(after), 16);
        next = offset + Netlink.align(size); // after the end, if the last message has no padding
        return true;
    }

    /**
     * Whether another message follows.
     *
     * @return false at the end of the datagram
     */
    public boolean hasNext() {
        return next < end;
    }

    private MalformedMessageException malformed(String expected, String actual) {
        int at = next - start;
        next = end;
        return new MalformedMessageException("nlmsghdr", at, expected, actual);
    }

    private long u32(int at) {
        long big = (int) INT.get(buffer, at) & 0xffff_ffffL;
        return littleEndian ? Integer.reverseBytes((int) big) & 0xffff_ffffL : big;
    }

    /**
     * The message's type ({@code nlmsg_type}).
     *
     * @return 0 to 65535
     */
    public int type() {
        return typeAndFlags & 0xffff;
    }

    /**
     * The message's flags ({@code nlmsg_flags}).
     *
     * @return 0 to 65535
     */
    public int flags() {
        return typeAndFlags >>> 16;
    }

    /**
     * The sequence number ({@code nlmsg_seq}): an answer has its request's.
     *
     * @return 0 to 2³²−1
     */
    public long sequence() {
        return u32(offset + 8);
    }

    /**
     * The port id ({@code nlmsg_pid}).
     *
     * @return 0 to 2³²−1
     */
    public long portId() {
        return u32(offset + 12);
    }

    /**
     * Where the message starts.
     *
     * @return an offset from the buffer's start
     */
    public int offset() {
        return offset;
    }

    /**
     * The message's length with its header, without padding ({@code nlmsg_len}).
     *
     * @return 16 and more, in bytes
     */
    public int length() {
        return length;
    }

    /**
     * Where the message ends, padding not counted.
     *
     * @return an offset from the buffer's start
     */
    public int end() {
        return offset + length;
    }

    /**
     * Where the body starts.
     *
     * @return an offset from the buffer's start
     */
    public int bodyOffset() {
        return offset + NLMSG_HDRLEN;
    }

    /**
     * The buffer that the cursor reads.
     *
     * @return the buffer
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /**
     * The byte order of headers.
     *
     * @return that of the host that wrote the datagram
     */
    public ByteOrder order() {
        return littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    /**
     * Whether the message is long enough for a {@code struct nfgenmsg}.
     *
     * @return whether {@link #family()}, {@link #resId()} and {@link #attributesOffset()} are valid
     */
    public boolean hasNfgenmsg() {
        return length >= NLMSG_HDRLEN + NFGENMSG_LEN;
    }

    /**
     * Requires a {@code struct nfgenmsg}.
     *
     * @throws MalformedMessageException if the message is too short for one
     */
    public void requireNfgenmsg() throws MalformedMessageException {
        if (!hasNfgenmsg()) {
            throw new MalformedMessageException(
                    "nfgenmsg", offset - start, NFGENMSG_LEN + " bytes", (length - NLMSG_HDRLEN) + " bytes");
        }
    }

    /**
     * The family ({@code nfgen_family}).
     *
     * @return 0 to 255
     */
    public int family() {
        return buffer.get(offset + 16) & 0xff;
    }

    /**
     * The version ({@code version}); 0 today.
     *
     * @return 0 to 255
     */
    public int version() {
        return buffer.get(offset + 17) & 0xff;
    }

    /**
     * The group or queue ({@code res_id}, big-endian on the wire).
     *
     * @return 0 to 65535
     */
    public int resId() {
        return (short) SHORT.get(buffer, offset + 18) & 0xffff;
    }

    /**
     * Where the attributes start, after the {@code struct nfgenmsg}.
     *
     * @return an offset from the buffer's start
     */
    public int attributesOffset() {
        return offset + NLMSG_HDRLEN + NFGENMSG_LEN;
    }
}
