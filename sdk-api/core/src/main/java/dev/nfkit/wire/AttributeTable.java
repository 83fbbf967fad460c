package dev.nfkit.wire;

import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

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
    private int[] offsets;
    private int[] lengths;
    /** Whether copies read the arrays too: then they are replaced before they are written. */
    private boolean shared;

    private final @Nullable Layout layout;
    private ByteBuffer buffer;
    private ByteBuffer host;
    private boolean little;
    private int start;
    private long present;

    /**
     * The attributes of the message before: the same rule gives the same ones, of the same lengths, at the same places.
     * Comparing each header with the one expected there breaks the chain of loads that walking is made of.
     */
    private static final class Layout {
        private static final int LONGEST = 32;

        /** Of each attribute its place in the upper half and its header in the lower. */
        final long[] expected = new long[LONGEST];

        final int[] starts = new int[LONGEST + 1];
        final int[] ends = new int[LONGEST];
        final long[] presentBefore = new long[LONGEST + 1];
        int count;
        /** Of all attributes, where they are remembered to the last; else −1. */
        int length = -1;

        void remember(int index, int header, int end, long presentNow) {
            expected[index] = ((long) starts[index] << 32) | (header & 0xffff_ffffL);
            ends[index] = end;
            starts[index + 1] = Netlink.align(end);
            presentBefore[index + 1] = presentNow;
        }
    }

    /**
     * A table for the attributes of a schema.
     *
     * @param schema what is known
     */
    public AttributeTable(AttributeSchema schema) {
        this.schema = schema;
        minimum = schema.minimumSizes();
        offsets = new int[minimum.length];
        lengths = new int[minimum.length];
        layout = new Layout();
        buffer = ByteBuffer.allocate(0);
        host = buffer;
    }

    private AttributeTable(AttributeTable other, ByteBuffer bytes, int start) {
        schema = other.schema;
        minimum = other.minimum;
        offsets = other.offsets;
        lengths = other.lengths;
        layout = null;
        buffer = bytes;
        host = bytes;
        little = other.little;
        present = other.present;
        this.start = start;
    }

    /**
     * What was found, for a copy of the bytes.
     *
     * @param bytes holds the copy; big-endian
     * @param start the copy's first attribute, from the buffer's start
     * @return a table that is not to be wrapped again
     */
    public AttributeTable copy(ByteBuffer bytes, int start) {
        shared = true; // most messages lie as the one before did, so most copies can have the same arrays
        return new AttributeTable(this, bytes, start);
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
    @SuppressWarnings("ReferenceEquality") // another buffer with the same bytes is another buffer
    public void wrap(ByteBuffer buffer, int start, int end, ByteOrder order) throws MalformedMessageException {
        Layout before = layout;
        if (before == null) {
            throw new IllegalStateException("a copy of a table can't be wrapped again");
        }
        boolean fromLittle = order == ByteOrder.LITTLE_ENDIAN;
        if (this.buffer != buffer || little != fromLittle) {
            this.buffer = buffer;
            host = buffer.duplicate().order(order);
            little = fromLittle;
            before.count = 0; // its headers may be in the other order
            before.length = -1;
        }
        this.start = start;
        present = 0;
        int length = end - start;
        int known = match(before, length);
        if (before.starts[known] < length) {
            walk(before, known, length);
        } else {
            present = before.presentBefore[known];
        }
    }

    /** How many attributes lie as they did in the message before. */
    private int match(Layout before, int length) {
        ByteBuffer bytes = host;
        int base = start;
        long[] expected = before.expected;
        int count = before.count;
        int known = 0;
        if (length == before.length && count > 0) {
            do {
                long header = expected[known];
                if (bytes.getInt(base + (int) (header >>> 32)) != (int) header) {
                    break;
                }
            } while (++known < count);
            return known;
        }
        while (known < count && before.ends[known] <= length) {
            long header = expected[known];
            if (bytes.getInt(base + (int) (header >>> 32)) != (int) header) {
                break;
            }
            known++;
        }
        return known;
    }

    /** Finds the attributes from the first unknown one on. */
    private void walk(Layout now, int known, int length) throws MalformedMessageException {
        int index = known;
        int at = now.starts[known];
        long seen = now.presentBefore[known];
        if (shared) {
            offsets = offsets.clone();
            lengths = lengths.clone();
            shared = false;
        }
        now.count = 0; // until the walk has come to its end
        now.length = -1;
        while (length - at >= Netlink.NLA_HDRLEN) {
            int header = host.getInt(start + at);
            int lengthAndType = little ? header : Integer.rotateLeft(header, 16);
            int size = lengthAndType & 0xffff;
            int code = (lengthAndType >>> 16) & Netlink.NLA_TYPE_MASK;
            if (size < Netlink.NLA_HDRLEN || size > length - at) {
                throw badLength(code, at, length - at, size);
            }
            if (code < minimum.length) {
                if (size < minimum[code]) {
                    throw tooShort(code, at, size);
                }
                if ((seen & (1L << code)) != 0) {
                    index = Layout.LONGEST + 1; // the last wins: such a layout is not remembered
                }
                offsets[code] = at + Netlink.NLA_HDRLEN;
                lengths[code] = size - Netlink.NLA_HDRLEN;
                seen |= 1L << code;
            }
            if (index < Layout.LONGEST) {
                now.remember(index++, header, at + size, seen);
            }
            at += Netlink.align(size);
        }
        if (at < length) {
            throw new MalformedMessageException(
                    schema.name(), at, "an attribute's header of 4 bytes", (length - at) + " bytes");
        }
        if (index < Layout.LONGEST) {
            now.count = index;
            now.length = length;
        } else {
            now.count = index > Layout.LONGEST ? 0 : index;
        }
        present = seen;
    }

    private MalformedMessageException badLength(int code, int at, int left, int size) {
        return new MalformedMessageException(
                schema.name() + "/" + schema.nameOf(code), at, "nla_len from 4 to " + left, Integer.toString(size));
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
        return start + offsets[code];
    }

    /**
     * The length of an attribute's value, padding not counted. It means nothing where {@link #has} is false.
     *
     * @param code a code of the schema
     * @return a length in bytes
     */
    public int length(int code) {
        return lengths[code];
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
        return little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }
}
