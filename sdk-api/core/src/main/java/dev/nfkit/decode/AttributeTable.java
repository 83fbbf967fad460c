// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The hot decoder: finds the offset of each known attribute of a message in one pass. Reusable; allocates nothing. One
 * thread at a time.
 *
 * <p>The pass checks the length of each known attribute, and that each text ends with a NUL if it must. Reads
 * afterwards need no check. Unknown attributes are skipped; if an attribute occurs twice, the last counts.
 */
public final class AttributeTable {
    private final AttributeSchema schema;
    private final int[] minimum;
    private final long texts;
    /** The attributes whose values are compared with those of the previous message. */
    private final long steady;

    private int[] offsets;
    private int[] lengths;
    /** Whether copies share the arrays; if so, they are replaced before they are written. */
    private boolean shared;

    private final @Nullable AttributeLayout layout;
    private ByteBuffer buffer;
    private boolean little;
    private int start;
    private long present;

    /**
     * A table for the attributes of a schema.
     *
     * @param schema what is known
     */
    public AttributeTable(AttributeSchema schema) {
        this(schema, 0);
    }

    /**
     * A table for the attributes of a schema that detects whether a message repeats the previous one.
     *
     * @param schema what is known
     * @param steady the attributes whose values must be the same for that, as a set of bits, the lowest for code 0. If
     *     there are any, the four bytes before the first attribute must be the same as well, and messages must have
     *     them: they are the {@code struct nfgenmsg}
     */
    public AttributeTable(AttributeSchema schema, long steady) {
        this.schema = schema;
        this.steady = steady;
        minimum = minimumSizes(schema);
        texts = texts(schema);
        offsets = new int[minimum.length];
        lengths = new int[minimum.length];
        layout = new AttributeLayout(steady == 0 ? 0 : Netlink.NFGENMSG_LEN);
        buffer = ByteBuffer.allocate(0);
    }

    /** The least {@code nla_len} of each attribute, by its code. */
    private static int[] minimumSizes(AttributeSchema schema) {
        int codes =
                schema.types().stream().mapToInt(type -> type.code() + 1).max().orElse(0);
        int[] sizes = new int[codes];
        for (AttributeType type : schema.types()) {
            sizes[type.code()] = Netlink.NLA_HDRLEN + type.minimumLength();
        }
        return sizes;
    }

    /** The attributes that must end with a NUL, as a set of bits: texts with a minimum length of one byte or more. */
    private static long texts(AttributeSchema schema) {
        return schema.types().stream()
                .filter(type -> type.shape() == AttributeShape.STRING && type.minimumLength() > 0)
                .mapToLong(type -> 1L << type.code())
                .reduce(0, (some, one) -> some | one);
    }

    private AttributeTable(AttributeTable other, ByteBuffer bytes, int start) {
        schema = other.schema;
        minimum = other.minimum;
        texts = other.texts;
        steady = other.steady;
        offsets = other.offsets;
        lengths = other.lengths;
        layout = null;
        buffer = bytes;
        little = other.little;
        present = other.present;
        this.start = start;
    }

    /**
     * The result of the last pass, for a copy of the bytes.
     *
     * @param bytes holds the copy; big-endian
     * @param start the copy's first attribute, from the buffer's start
     * @return a table that cannot be wrapped again
     */
    public AttributeTable copy(ByteBuffer bytes, int start) {
        shared = true; // most messages have the layout of the previous one, so most copies can share the arrays
        return new AttributeTable(this, bytes, start);
    }

    /**
     * Finds the attributes.
     *
     * @param buffer the buffer; big-endian, which is a buffer's default
     * @param start the first attribute's first byte, from the buffer's start
     * @param end the offset after the last attribute's last byte
     * @param order the byte order of the host that wrote them
     * @return true if the message {@code repeats} the previous one: it has the same attributes, of the same lengths
     *     except the last, the same steady values, and, if any are steady, the same four bytes before them. Results
     *     derived from these still hold. If false, they may or may not differ
     * @throws MalformedMessageException if an attribute's length is less than 4 or more than what remains, or a known
     *     one is shorter than its type or a text without its NUL; the table is then empty
     */
    @SuppressWarnings("ReferenceEquality") // another buffer with the same bytes is another buffer
    public boolean wrap(ByteBuffer buffer, int start, int end, ByteOrder order) throws MalformedMessageException {
        AttributeLayout before = layout;
        if (before == null) {
            throw new IllegalStateException("a copy of a table cannot be wrapped again");
        }
        boolean fromLittle = order == ByteOrder.LITTLE_ENDIAN;
        if (little != fromLittle) {
            little = fromLittle;
            before.order(fromLittle);
        }
        if (this.buffer != buffer) { // a reference that is stored costs the collector's mark
            this.buffer = buffer;
        }
        this.start = start;
        int length = end - start;
        // Reads the field, not the argument: the compiler does not see that they are the same, and would read the
        // buffer's fields twice.
        int known = before.match(this.buffer, start, length);
        if (known == AttributeLayout.ALL) {
            present = before.present();
            return true;
        }
        if (known == AttributeLayout.STRETCHED) {
            unshare();
            lengths[before.lastCode()] = before.lastLength();
            present = before.present();
            return true;
        }
        find(before, known, length);
        return false;
    }

    /**
     * Finds the attributes after the {@code struct nfgenmsg} of a message.
     *
     * @param message a cursor on it; it must be long enough for a {@code struct nfgenmsg}
     * @return whether it repeats the previous one, as {@link #wrap(ByteBuffer, int, int, ByteOrder)} does
     * @throws MalformedMessageException as {@link #wrap(ByteBuffer, int, int, ByteOrder)} does
     */
    public boolean wrap(MessageCursor message) throws MalformedMessageException {
        return wrap(message.buffer(), message.attributesOffset(), message.end(), message.order());
    }

    private void find(AttributeLayout before, int known, int length) throws MalformedMessageException {
        if (known == AttributeLayout.CHANGED) {
            present = before.present();
        } else {
            present = 0;
            walk(before, known, length);
        }
    }

    /** Finds the attributes, starting with the first whose place differs from the previous message. */
    private void walk(AttributeLayout now, int known, int length) throws MalformedMessageException {
        int at = now.start(known);
        long seen = now.presentBefore(known);
        unshare();
        now.keep(known);
        while (length - at >= Netlink.NLA_HDRLEN) {
            int header = AttributeLayout.header(buffer, start + at);
            int facts = now.facts(header);
            int size = facts & 0xffff;
            int code = (facts >>> 16) & Netlink.NLA_TYPE_MASK;
            if (size < Netlink.NLA_HDRLEN || size > length - at) {
                throw badLength(code, at, length - at, size);
            }
            int least = -1;
            boolean text = false;
            boolean same = false;
            if (code < minimum.length) {
                least = minimum[code];
                if (size < least) {
                    throw tooShort(code, at, size);
                }
                text = (texts & (1L << code)) != 0;
                same = (steady & (1L << code)) != 0;
                if (text && buffer.get(start + at + size - 1) != 0) {
                    throw endless(code, at);
                }
                if ((seen & (1L << code)) != 0) {
                    now.giveUp(); // the last one counts: such a layout is not remembered
                }
                offsets[code] = at + Netlink.NLA_HDRLEN;
                lengths[code] = size - Netlink.NLA_HDRLEN;
                seen |= 1L << code;
            }
            now.add(header, at, at + size, least, text, same, seen);
            at += Netlink.align(size);
        }
        if (at < length) {
            throw new MalformedMessageException(
                    schema.name(), at, "an attribute's header of 4 bytes", (length - at) + " bytes");
        }
        now.end(buffer, start, length);
        present = seen;
    }

    private void unshare() {
        if (shared) {
            offsets = offsets.clone();
            lengths = lengths.clone();
            shared = false;
        }
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

    private MalformedMessageException endless(int code, int at) {
        return new MalformedMessageException(
                schema.name() + "/" + schema.nameOf(code), at, "text ended by NUL", "text without one");
    }

    /** Forgets the attributes that were found. */
    public void clear() {
        present = 0;
    }

    /** Forgets the attributes that were found and their layout, so that the next message does not repeat this one. */
    public void forget() {
        present = 0;
        if (layout != null) {
            layout.forget();
        }
    }

    /**
     * Whether an attribute was found.
     *
     * @param code a code of the schema
     * @return whether it is present
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
     * Where an attribute's value starts. Undefined if {@link #has} is false.
     *
     * @param code a code of the schema
     * @return an offset from the buffer's start
     */
    public int offset(int code) {
        return start + offsets[code];
    }

    /**
     * The length of an attribute's value, padding not counted. Undefined if {@link #has} is false.
     *
     * @param code a code of the schema
     * @return a length in bytes
     */
    public int length(int code) {
        return lengths[code];
    }

    /**
     * Where the first attribute starts.
     *
     * @return an offset from the buffer's start
     */
    public int start() {
        return start;
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
