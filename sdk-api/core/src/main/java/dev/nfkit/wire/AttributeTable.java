package dev.nfkit.wire;

import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where each known attribute of a message lies, found in one pass: the hot decoder. Reusable; allocates nothing. One
 * thread at a time.
 *
 * <p>Each known attribute's length is checked in that pass, so that reads afterwards need no check. Unknown attributes
 * are skipped; where one stands twice, the last wins.
 */
public final class AttributeTable {
    private final AttributeSchema schema;
    private final int[] minimum;
    private final int[] offsets;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private boolean swap;
    private long present;

    /**
     * A table for the attributes of a schema.
     *
     * @param schema what is known
     */
    public AttributeTable(AttributeSchema schema) {
        this.schema = schema;
        minimum = schema.minimumSizes();
        offsets = new int[minimum.length];
    }

    /**
     * Finds the attributes.
     *
     * @param buffer the buffer; big-endian, which is a buffer's default
     * @param start the first attribute's first byte, from the buffer's start
     * @param end behind the last attribute's last byte
     * @param order the byte order of the host that wrote them
     * @throws MalformedMessageException if an attribute's length is less than 4 or more than what remains, or a known
     *     one is shorter than its type; the table is then empty
     */
    public void wrap(ByteBuffer buffer, int start, int end, ByteOrder order) throws MalformedMessageException {
        this.buffer = buffer;
        boolean little = order == ByteOrder.LITTLE_ENDIAN;
        swap = little;
        present = 0;
        int[] least = minimum;
        int[] found = offsets;
        long seen = 0;
        int at = start;
        while (end - at >= Netlink.NLA_HDRLEN) {
            int word = buffer.getInt(at);
            int lengthAndType = little ? Integer.reverseBytes(word) : Integer.rotateLeft(word, 16);
            int size = lengthAndType & 0xffff;
            int code = (lengthAndType >>> 16) & Netlink.NLA_TYPE_MASK;
            if (size < Netlink.NLA_HDRLEN || size > end - at) {
                throw new MalformedMessageException(
                        schema.name() + "/" + schema.nameOf(code),
                        at - start,
                        "nla_len from 4 to " + (end - at),
                        Integer.toString(size));
            }
            if (code < least.length) {
                if (size < least[code]) {
                    throw tooShort(code, at - start, size);
                }
                found[code] = at + Netlink.NLA_HDRLEN;
                seen |= 1L << code;
            }
            at += Netlink.align(size);
        }
        if (at < end) {
            throw new MalformedMessageException(
                    schema.name(), at - start, "an attribute's header of 4 bytes", (end - at) + " bytes");
        }
        present = seen;
    }

    private MalformedMessageException tooShort(int code, int at, int size) {
        return new MalformedMessageException(
                schema.name() + "/" + schema.nameOf(code),
                at,
                "at least " + (minimum[code] - Netlink.NLA_HDRLEN) + " bytes",
                (size - Netlink.NLA_HDRLEN) + " bytes");
    }

    /** Forgets what was found. */
    public void clear() {
        present = 0;
    }

    /**
     * Whether an attribute was found.
     *
     * @param code a code of the schema
     * @return whether it is there
     */
    public boolean has(int code) {
        return (present & (1L << code)) != 0;
    }

    /**
     * The found attributes as a set of bits, the lowest for code 0.
     *
     * @return the bits
     */
    public long present() {
        return present;
    }

    /**
     * Where an attribute's value starts. It means nothing where {@link #has} is false.
     *
     * @param code a code of the schema
     * @return an offset from the buffer's start
     */
    public int offset(int code) {
        return offsets[code];
    }

    /**
     * The length of an attribute's value, padding not counted. It means nothing where {@link #has} is false.
     *
     * @param code a code of the schema
     * @return a length in bytes
     */
    public int length(int code) {
        short size = buffer.getShort(offsets[code] - Netlink.NLA_HDRLEN);
        return ((swap ? Short.reverseBytes(size) : size) & 0xffff) - Netlink.NLA_HDRLEN;
    }

    /**
     * The buffer that was read last.
     *
     * @return the buffer
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /**
     * The byte order of the host that wrote what was read last.
     *
     * @return the order
     */
    public ByteOrder order() {
        return swap ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }
}
