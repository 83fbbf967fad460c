// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a message or nest, by code, and those that are written without checks. Words in host byte order are
 * kept big-endian, and nests as attributes, since the byte order of headers is only known when they are written. Not
 * safe for several threads.
 */
public final class MessageAttributes {
    private static final class Field {
        private final byte[] value;
        private final @Nullable MessageAttributes nest;

        Field(byte[] value, @Nullable MessageAttributes nest) {
            this.value = value;
            this.nest = nest;
        }

        boolean same(@Nullable Field other) {
            if (other == null || nest == null || other.nest == null) {
                return other != null && nest == other.nest && Arrays.equals(value, other.value);
            }
            return nest.same(other.nest);
        }
    }

    private static final byte[] NOTHING = {};

    private final AttributeSchema schema;
    private final Map<Integer, Field> fields = new LinkedHashMap<>();
    private final Map<Integer, byte[]> odd = new LinkedHashMap<>();

    public MessageAttributes(AttributeSchema schema) {
        this.schema = schema;
    }

    /**
     * Reads the contents of a nest of a request. Unknown attributes are kept as bytes.
     *
     * @throws MalformedMessageException if it is malformed at any depth
     */
    public static MessageAttributes read(AttributeSchema schema, Bytes nest, ByteOrder order)
            throws MalformedMessageException {
        MessageAttributes read = new MessageAttributes(schema);
        ByteBuffer bytes = ByteBuffer.wrap(nest.toArray());
        AttributeCursor cursor = new AttributeCursor().wrap(bytes, 0, bytes.capacity(), order, schema.name());
        while (cursor.next()) {
            read.take(cursor.type(), cursor.bytes(new BytesView()), order);
        }
        return read;
    }

    /** Adds an attribute of a request unchanged. */
    public void take(int code, Bytes value, ByteOrder order) throws MalformedMessageException {
        AttributeType type = schema.find(code).orElse(null);
        if (type != null && type.nested().isPresent()) {
            fields.put(code, new Field(NOTHING, read(type.nested().get(), value, order)));
        } else {
            put(code, hostWords(type) ? swapped(value.toArray(), order) : value.toArray());
        }
    }

    /** Whether a value consists of words in host byte order. */
    private static boolean hostWords(@Nullable AttributeType type) {
        return type != null
                && (type.shape() == AttributeShape.HOST32
                        || type == ConntrackAttribute.LABELS
                        || type == ConntrackAttribute.LABELS_MASK);
    }

    private static byte[] swapped(byte[] words, ByteOrder order) {
        if (order == ByteOrder.BIG_ENDIAN || words.length % Integer.BYTES != 0) {
            return words;
        }
        ByteBuffer buffer = ByteBuffer.wrap(words.clone());
        for (int at = 0; at < words.length; at += Integer.BYTES) {
            buffer.putInt(at, Integer.reverseBytes(buffer.getInt(at)));
        }
        return buffer.array();
    }

    /** The code of an attribute in a family, by its name in JSON. */
    public int code(String key) {
        return type(key).code();
    }

    public AttributeType type(String key) {
        for (AttributeType type : schema.types()) {
            if (type.key().equals(key)) {
                return type;
            }
        }
        throw new IllegalStateException(schema.name() + " has no attribute " + key);
    }

    public MessageAttributes put(int code, byte... value) {
        fields.put(code, new Field(value.clone(), null));
        return this;
    }

    public MessageAttributes u8(AttributeType type, int value) {
        return put(type.code(), (byte) value);
    }

    public MessageAttributes be16(AttributeType type, int value) {
        return put(type.code(), (byte) (value >> 8), (byte) value);
    }

    public MessageAttributes be32(AttributeType type, long value) {
        return be32(type.code(), value);
    }

    public MessageAttributes be32(int code, long value) {
        return put(code, ByteBuffer.allocate(4).putInt((int) value).array());
    }

    public MessageAttributes be64(AttributeType type, long value) {
        return put(type.code(), ByteBuffer.allocate(8).putLong(value).array());
    }

    public MessageAttributes text(AttributeType type, String value) {
        return put(type.code(), (value + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /** Sets a nest, without copying it. */
    public MessageAttributes put(AttributeType type, MessageAttributes nest) {
        fields.put(type.code(), new Field(NOTHING, nest));
        return this;
    }

    /** Sets an empty nest in place of the previous value. */
    public MessageAttributes nest(AttributeType type) {
        MessageAttributes nest = new MessageAttributes(type.nested().orElseThrow());
        put(type, nest);
        return nest;
    }

    /** The nest of an attribute, or null. */
    @Nullable
    public MessageAttributes nested(AttributeType type) {
        Field field = fields.get(type.code());
        return field == null ? null : field.nest;
    }

    /** Whether no value is shorter than its attribute can be, the nests aside. */
    public boolean longEnough() {
        return schema.types().stream()
                .allMatch(type -> value(type.code())
                        .map(value -> value.length() >= type.minimumLength())
                        .orElse(true));
    }

    public void remove(int code) {
        fields.remove(code);
    }

    public boolean has(AttributeType type) {
        return fields.containsKey(type.code());
    }

    /** Appends an attribute that is written after all others, unchanged. */
    public void odd(int code, byte... value) {
        fields.remove(code);
        odd.put(code, value.clone());
    }

    /** Adds all attributes of another instance. */
    public MessageAttributes putAll(MessageAttributes other) {
        other.fields.forEach(
                (code, field) -> fields.put(code, field.nest == null ? field : new Field(NOTHING, field.nest.copy())));
        odd.putAll(other.odd);
        return this;
    }

    public MessageAttributes copy() {
        return new MessageAttributes(schema).putAll(this);
    }

    /** Whether another instance has the same attribute, or neither has it. */
    public boolean same(MessageAttributes other, AttributeType type) {
        Field mine = fields.get(type.code());
        Field its = other.fields.get(type.code());
        return mine == null ? its == null : mine.same(its);
    }

    private boolean same(MessageAttributes other) {
        return fields.keySet().equals(other.fields.keySet())
                && schema.types().stream().allMatch(type -> same(other, type));
    }

    public Optional<Bytes> value(int code) {
        return Optional.ofNullable(fields.get(code))
                .filter(field -> field.nest == null)
                .map(field -> Bytes.of(field.value));
    }

    /** A be32, or 0 if it is absent. */
    public long number(int code) {
        return number(code, 0);
    }

    /** A be32, or a default if it is absent. */
    public long number(int code, long absent) {
        return value(code)
                .filter(value -> value.length() >= 4)
                .map(value -> value.u32(0))
                .orElse(absent);
    }

    /** A text up to its NUL, or null if it is absent. */
    @Nullable
    public String text(AttributeType type) {
        return value(type.code())
                .map(value -> new String(value.toArray(), StandardCharsets.UTF_8))
                .map(text -> text.indexOf('\0') < 0 ? text : text.substring(0, text.indexOf('\0')))
                .orElse(null);
    }

    public void write(MessageWriter writer, int code) {
        write(writer, code, type -> true);
    }

    /** Writes an attribute if it is present; of a nest, the selected attributes. */
    public void write(MessageWriter writer, int code, Predicate<AttributeType> wanted) {
        Field field = fields.get(code);
        AttributeType type = schema.find(code).orElse(null);
        if (field == null || (type != null && !wanted.test(type))) {
            return;
        }
        if (field.nest != null) {
            int mark = writer.beginNest(code);
            field.nest.writeAll(writer, wanted);
            writer.endNest(mark);
        } else if (hostWords(type) && field.value.length % Integer.BYTES == 0) {
            IntBuffer words = ByteBuffer.wrap(field.value).asIntBuffer();
            writer.hostWords(
                    code, IntStream.range(0, words.capacity()).map(words::get).toArray());
        } else {
            writer.bytes(code, field.value);
        }
    }

    /** Writes all attributes, in the order in which they were set. */
    public void writeAll(MessageWriter writer, Predicate<AttributeType> wanted) {
        fields.keySet().forEach(code -> write(writer, code, wanted));
        writeOdd(writer);
    }

    public void writeOdd(MessageWriter writer) {
        odd.forEach(writer::bytes);
    }
}
