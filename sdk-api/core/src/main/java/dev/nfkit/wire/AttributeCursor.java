// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

import static dev.nfkit.wire.Netlink.NLA_HDRLEN;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Walks the attributes of one message or nest. Reusable; walking allocates nothing. One thread at a time.
 *
 * <p>The caller skips unknown attributes and, if an attribute occurs twice, uses the last. The last attribute may lack
 * its tail padding. The typed reads check the value's length.
 */
public final class AttributeCursor {
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private boolean swap;
    private String path = "";
    private int start;
    private int end;
    private int next;
    private int offset;
    private int length;
    private int rawType;

    /** Makes a cursor over nothing; {@link #wrap} aims it. */
    public AttributeCursor() {}

    /**
     * Aims the cursor at attributes, before the first.
     *
     * @param buffer the buffer; big-endian, which is a buffer's default
     * @param offset the first attribute's first byte, from the buffer's start
     * @param length the length of all attributes in bytes
     * @param order the byte order of the host that wrote them, which is that of {@code nla_len} and {@code nla_type}
     * @param path the message or nest that holds them, for errors
     * @return this cursor
     * @throws IndexOutOfBoundsException if the range exceeds the buffer
     */
    public AttributeCursor wrap(ByteBuffer buffer, int offset, int length, ByteOrder order, String path) {
        if ((offset | length) < 0 || offset > buffer.capacity() - length) {
            throw new IndexOutOfBoundsException(
                    "attributes at " + offset + " of " + length + " bytes in a buffer of " + buffer.capacity());
        }
        if (buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("the buffer of a cursor must be big-endian");
        }
        this.buffer = buffer;
        this.swap = order == ByteOrder.LITTLE_ENDIAN;
        this.path = path;
        this.start = offset;
        this.end = offset + length;
        this.next = offset;
        return this;
    }

    /**
     * Aims the cursor at the attributes of a message that starts with a {@code struct nfgenmsg}.
     *
     * @param message a cursor at the message
     * @param path the message or nest that holds them, for errors
     * @return this cursor
     * @throws MalformedMessageException if the message is too short for a {@code struct nfgenmsg}
     */
    public AttributeCursor wrap(MessageCursor message, String path) throws MalformedMessageException {
        message.requireNfgenmsg();
        int from = message.attributesOffset();
        return wrap(message.buffer(), from, message.end() - from, message.order(), path);
    }

    /**
     * Moves to the next attribute.
     *
     * @return false after the last one
     * @throws MalformedMessageException if {@code nla_len} is less than 4 or more than what remains, or a header is
     *     cut; the cursor is then at the end
     */
    public boolean next() throws MalformedMessageException {
        int left = end - next;
        if (left <= 0) {
            return false;
        }
        if (left < NLA_HDRLEN) {
            throw malformed("an attribute's header of 4 bytes", left + " bytes");
        }
        int word = buffer.getInt(next);
        int lengthAndType = swap ? Integer.reverseBytes(word) : Integer.rotateLeft(word, 16);
        int size = lengthAndType & 0xffff;
        if (size < NLA_HDRLEN || size > left) {
            throw malformed("nla_len from 4 to " + left, Integer.toString(size));
        }
        rawType = lengthAndType >>> 16;
        offset = next + NLA_HDRLEN;
        length = size - NLA_HDRLEN;
        next = Math.min(end, next + Netlink.align(size));
        return true;
    }

    private MalformedMessageException malformed(String expected, String actual) {
        int at = next - start;
        next = end;
        return new MalformedMessageException(path, at, expected, actual);
    }

    /**
     * The attribute's type without its flag bits.
     *
     * @return 0 to 16383
     */
    public int type() {
        return rawType & Netlink.NLA_TYPE_MASK;
    }

    /**
     * Whether {@code NLA_F_NESTED} is set in the attribute's type. Older senders nest without it.
     *
     * @return whether the bit is set
     */
    public boolean nested() {
        return (rawType & Netlink.NLA_F_NESTED) != 0;
    }

    /**
     * Where the value starts.
     *
     * @return an offset from the buffer's start
     */
    public int offset() {
        return offset;
    }

    /**
     * The value's length, without padding.
     *
     * @return 0 to 65531 bytes
     */
    public int length() {
        return length;
    }

    /**
     * Requires a minimum length of the value.
     *
     * @param least the fewest bytes
     * @throws MalformedMessageException if the value is shorter
     */
    public void require(int least) throws MalformedMessageException {
        if (length < least) {
            throw new MalformedMessageException(
                    path + "/attribute " + type(), offset - start, "at least " + least + " bytes", length + " bytes");
        }
    }

    /**
     * The value as one byte.
     *
     * @return 0 to 255
     * @throws MalformedMessageException if the value is empty
     */
    public int u8() throws MalformedMessageException {
        require(1);
        return buffer.get(offset) & 0xff;
    }

    /**
     * The value as two big-endian bytes.
     *
     * @return 0 to 65535
     * @throws MalformedMessageException if the value is shorter
     */
    public int be16() throws MalformedMessageException {
        require(2);
        return buffer.getShort(offset) & 0xffff;
    }

    /**
     * The value as four big-endian bytes.
     *
     * @return 0 to 2³²−1
     * @throws MalformedMessageException if the value is shorter
     */
    public long be32() throws MalformedMessageException {
        require(4);
        return buffer.getInt(offset) & 0xffff_ffffL;
    }

    /**
     * The value as eight big-endian bytes.
     *
     * @return the bits, signed
     * @throws MalformedMessageException if the value is shorter
     */
    public long be64() throws MalformedMessageException {
        require(8);
        return buffer.getLong(offset);
    }

    /**
     * The value as four bytes in the byte order of the host that wrote it. Few attributes use it.
     *
     * @return 0 to 2³²−1
     * @throws MalformedMessageException if the value is shorter
     */
    public long host32() throws MalformedMessageException {
        require(4);
        int value = buffer.getInt(offset);
        return (swap ? Integer.reverseBytes(value) : value) & 0xffff_ffffL;
    }

    /**
     * The value as UTF-8 text terminated by a NUL byte.
     *
     * @return the text before the NUL; bytes that are no UTF-8 become U+FFFD
     * @throws MalformedMessageException if no NUL ends it
     */
    public String string() throws MalformedMessageException {
        byte[] text = new byte[textLength()];
        buffer.get(offset, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /**
     * The length of the text before its terminating NUL byte.
     *
     * @return a length in bytes, without the NUL
     * @throws MalformedMessageException if no NUL ends it
     */
    public int textLength() throws MalformedMessageException {
        for (int at = 0; at < length; at++) {
            if (buffer.get(offset + at) == 0) {
                return at;
            }
        }
        throw new MalformedMessageException(
                path + "/attribute " + type(), offset - start, "text ended by NUL", length + " bytes without one");
    }

    /**
     * Aims a view at the value.
     *
     * @param view the view to aim
     * @return the view
     */
    public BytesView bytes(BytesView view) {
        return view.wrap(buffer, offset, length);
    }

    /**
     * Eight bytes of the value.
     *
     * @param index the first of them; not checked against the value's length
     * @return the bits, signed
     */
    public long u64(int index) {
        return buffer.getLong(offset + index);
    }

    /**
     * Aims another cursor at the attributes inside this one.
     *
     * @param inner the cursor to aim
     * @param name this attribute's name, for errors
     * @return the other cursor, before its first attribute
     */
    public AttributeCursor nest(AttributeCursor inner, String name) {
        return nestAt(inner, path + "/" + name);
    }

    /**
     * As {@link #nest}, for hot paths: the caller has the whole path, so nothing is allocated.
     *
     * @param inner the cursor to aim
     * @param innerPath the nest that holds the inner attributes, for errors
     * @return the other cursor, before its first attribute
     */
    public AttributeCursor nestAt(AttributeCursor inner, String innerPath) {
        return inner.wrap(buffer, offset, length, swap ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN, innerPath);
    }
}
