// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

import static dev.nfkit.wire.Netlink.NLA_HDRLEN;
import static dev.nfkit.wire.Netlink.NLMSG_HDRLEN;

import dev.nfkit.Bytes;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes messages into one datagram. Reusable; writing allocates nothing. One thread at a time.
 *
 * <pre>{@code
 * writer.clear().begin(type, NLM_F_REQUEST | NLM_F_ACK, sequence).nfgenmsg(0, group).be32(NFULA_CFG_QTHRESH, 64).end();
 * socket.send(writer.datagram());
 * }</pre>
 *
 * <p>If the buffer is full, a write throws BufferOverflowException and {@link #abandon()} removes the unfinished
 * message.
 */
public final class MessageWriter {
    private final ByteBuffer buffer;
    private final ByteBuffer datagram;
    private final boolean swap;
    private int message = -1;

    /**
     * A writer with a direct buffer of its own.
     *
     * @param capacity the most bytes of a datagram
     * @param order the byte order of headers: native for the kernel
     */
    public MessageWriter(int capacity, ByteOrder order) {
        buffer = ByteBuffer.allocateDirect(capacity);
        datagram = buffer.duplicate();
        swap = order == ByteOrder.LITTLE_ENDIAN;
    }

    /**
     * Discards everything that was written.
     *
     * @return this writer
     */
    public MessageWriter clear() {
        buffer.clear();
        message = -1;
        return this;
    }

    /**
     * Starts a message.
     *
     * @param type {@code nlmsg_type}, 0 to 65535
     * @param flags {@code nlmsg_flags}, 0 to 65535
     * @param sequence {@code nlmsg_seq}, its low 32 bits
     * @return this writer
     */
    public MessageWriter begin(int type, int flags, long sequence) {
        return begin(type, flags, sequence, 0);
    }

    /**
     * Starts a message with a port id, as the kernel's own messages have.
     *
     * @param type {@code nlmsg_type}, 0 to 65535
     * @param flags {@code nlmsg_flags}, 0 to 65535
     * @param sequence {@code nlmsg_seq}, its low 32 bits
     * @param portId {@code nlmsg_pid}, its low 32 bits
     * @return this writer
     */
    public MessageWriter begin(int type, int flags, long sequence, long portId) {
        if (message >= 0) {
            throw new IllegalStateException("the previous message is not ended");
        }
        int at = buffer.position();
        if (buffer.remaining() < NLMSG_HDRLEN) {
            throw new BufferOverflowException();
        }
        message = at;
        host32(0);
        host16(type);
        host16(flags);
        host32((int) sequence);
        host32((int) portId);
        return this;
    }

    /**
     * Writes a {@code struct nfgenmsg} of version 0.
     *
     * @param family 0 to 255
     * @param resId the group or queue, 0 to 65535
     * @return this writer
     */
    public MessageWriter nfgenmsg(int family, int resId) {
        return nfgenmsg(family, 0, resId);
    }

    /**
     * Writes a {@code struct nfgenmsg}.
     *
     * @param family 0 to 255
     * @param version 0 to 255; few requests use another than 0
     * @param resId the group or queue, 0 to 65535
     * @return this writer
     */
    public MessageWriter nfgenmsg(int family, int version, int resId) {
        buffer.put((byte) family).put((byte) version).putShort((short) resId);
        return this;
    }

    /**
     * Writes an attribute of one byte.
     *
     * @param type its type
     * @param value its low 8 bits
     * @return this writer
     */
    public MessageWriter u8(int type, int value) {
        header(type, 1);
        buffer.put((byte) value);
        return pad(1);
    }

    /**
     * Writes an attribute of two big-endian bytes.
     *
     * @param type its type
     * @param value its low 16 bits
     * @return this writer
     */
    public MessageWriter be16(int type, int value) {
        header(type, 2);
        buffer.putShort((short) value);
        return pad(2);
    }

    /**
     * Writes an attribute of four big-endian bytes.
     *
     * @param type its type
     * @param value its low 32 bits
     * @return this writer
     */
    public MessageWriter be32(int type, long value) {
        header(type, 4);
        buffer.putInt((int) value);
        return this;
    }

    /**
     * Writes an attribute of eight big-endian bytes.
     *
     * @param type its type
     * @param value its bits
     * @return this writer
     */
    public MessageWriter be64(int type, long value) {
        header(type, 8);
        buffer.putLong(value);
        return this;
    }

    /**
     * Writes an attribute of 32-bit words in the byte order of headers. Few attributes use it ({@code
     * CTA_FILTER_ORIG_FLAGS}).
     *
     * @param type its type
     * @param words the words
     * @return this writer
     */
    public MessageWriter hostWords(int type, int... words) {
        header(type, words.length * Integer.BYTES);
        for (int word : words) {
            host32(word);
        }
        return this;
    }

    /**
     * Writes an attribute of 64-bit words in the byte order of headers, such as a bitmap ({@code CTA_LABELS}).
     *
     * @param type its type
     * @param words the words
     * @return this writer
     */
    public MessageWriter hostLongs(int type, long... words) {
        header(type, words.length * Long.BYTES);
        for (long word : words) {
            buffer.putLong(swap ? Long.reverseBytes(word) : word);
        }
        return this;
    }

    /**
     * Writes an attribute of any bytes.
     *
     * @param type its type
     * @param value the bytes
     * @return this writer
     * @throws IllegalArgumentException if they are more than 65531
     */
    public MessageWriter bytes(int type, byte... value) {
        header(type, value.length);
        buffer.put(value);
        return pad(value.length);
    }

    /**
     * Writes an attribute of any bytes.
     *
     * @param type its type
     * @param value the bytes
     * @return this writer
     * @throws IllegalArgumentException if they are more than 65531
     */
    public MessageWriter bytes(int type, Bytes value) {
        header(type, value.length());
        value.copyTo(buffer);
        return pad(value.length());
    }

    /**
     * Writes an attribute of UTF-8 text with a NUL at its end.
     *
     * @param type its type
     * @param value the text
     * @return this writer
     * @throws IllegalArgumentException if it is more than 65530 bytes
     */
    public MessageWriter string(int type, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        header(type, text.length + 1);
        buffer.put(text).put((byte) 0);
        return pad(text.length + 1);
    }

    /**
     * Starts an attribute that holds attributes, with {@code NLA_F_NESTED}.
     *
     * @param type its type
     * @return a mark for {@link #endNest}
     */
    public int beginNest(int type) {
        int mark = buffer.position();
        header(type | Netlink.NLA_F_NESTED, 0);
        return mark;
    }

    /**
     * Ends an attribute that holds attributes.
     *
     * @param mark the result of {@link #beginNest}
     * @return this writer
     * @throws IllegalStateException if it has grown beyond 65535 bytes
     */
    public MessageWriter endNest(int mark) {
        int size = buffer.position() - mark;
        if (size > 0xffff) {
            throw new IllegalStateException("a nest of " + size + " bytes; 65535 at most");
        }
        buffer.putShort(mark, swap ? Short.reverseBytes((short) size) : (short) size);
        return this;
    }

    /**
     * Writes raw bytes into the message's body, without a header of an attribute.
     *
     * @param value the bytes
     * @return this writer
     */
    public MessageWriter raw(byte... value) {
        buffer.put(value);
        return this;
    }

    /**
     * Writes four bytes in the order of headers into the message's body.
     *
     * @param value the number
     * @return this writer
     */
    public MessageWriter rawHost32(int value) {
        host32(value);
        return this;
    }

    /**
     * Ends the message: writes its length and pads to four bytes.
     *
     * @return this writer
     */
    public MessageWriter end() {
        if (message < 0) {
            throw new IllegalStateException("no message was begun");
        }
        int size = buffer.position() - message;
        buffer.putInt(message, swap ? Integer.reverseBytes(size) : size);
        message = -1;
        return pad(size);
    }

    /**
     * Removes the unfinished message; messages that were ended stay.
     *
     * @return this writer
     */
    public MessageWriter abandon() {
        if (message >= 0) {
            buffer.position(message);
            message = -1;
        }
        return this;
    }

    /**
     * A writer with more space that holds the same messages, except an unfinished one. This writer stays as it is.
     *
     * @param capacity the most bytes of its datagram
     * @return a new writer
     * @throws java.nio.BufferOverflowException if the messages exceed the capacity
     */
    public MessageWriter grown(int capacity) {
        MessageWriter larger = new MessageWriter(capacity, swap ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int end = message < 0 ? buffer.position() : message;
        larger.buffer.put(buffer.duplicate().limit(end).position(0));
        return larger;
    }

    /**
     * The byte order of headers.
     *
     * @return that of the host that reads the datagram
     */
    public ByteOrder order() {
        return swap ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    /**
     * The most bytes of a datagram.
     *
     * @return the capacity
     */
    public int capacity() {
        return buffer.capacity();
    }

    /**
     * The number of bytes written.
     *
     * @return the datagram's length so far
     */
    public int length() {
        return buffer.position();
    }

    /**
     * The datagram that was written: the writer's own direct buffer, valid until the next {@link #clear()}. It is
     * always the same object, so that a socket may remember its address.
     *
     * @return a buffer whose remaining bytes are the datagram
     * @throws IllegalStateException if a message is not ended
     */
    public ByteBuffer datagram() {
        if (message >= 0) {
            throw new IllegalStateException("the last message is not ended");
        }
        return datagram.limit(buffer.position()).position(0);
    }

    private void header(int type, int length) {
        if (length > 0xffff - NLA_HDRLEN) {
            throw new IllegalArgumentException("an attribute of " + length + " bytes; 65531 at most");
        }
        if (buffer.remaining() < NLA_HDRLEN + Netlink.align(length)) {
            throw new BufferOverflowException();
        }
        host16(NLA_HDRLEN + length);
        host16(type);
    }

    private MessageWriter pad(int length) {
        for (int left = Netlink.align(length) - length; left > 0; left--) {
            buffer.put((byte) 0);
        }
        return this;
    }

    private void host16(int value) {
        buffer.putShort(swap ? Short.reverseBytes((short) value) : (short) value);
    }

    private void host32(int value) {
        buffer.putInt(swap ? Integer.reverseBytes(value) : value);
    }
}
