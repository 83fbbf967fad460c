package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The attributes of a sample message, by code, and those that it has against all rules. Not for several threads. */
final class SampleAttributes {
    private static final String VLAN = "vlan";
    private static final int VLAN_PROTO = 1;
    private static final int VLAN_TCI = 2;

    private final AttributeSchema schema;
    private final Map<Integer, byte[]> values = new LinkedHashMap<>();
    private final Map<Integer, byte[]> odd = new LinkedHashMap<>();

    SampleAttributes(AttributeSchema schema) {
        this.schema = schema;
    }

    /** The code that a family has for an attribute, by its name in JSON. */
    int code(String key) {
        for (AttributeType type : schema.types()) {
            if (type.key().equals(key)) {
                return type.code();
            }
        }
        throw new IllegalStateException(schema.name() + " has no attribute " + key);
    }

    void put(int code, byte... value) {
        values.put(code, value.clone());
    }

    void be32(int code, long value) {
        put(code, ByteBuffer.allocate(4).putInt((int) value).array());
    }

    void remove(int code) {
        values.remove(code);
    }

    /** Takes an attribute that is written behind all others, just as it is. */
    void odd(int code, byte... value) {
        values.remove(code);
        odd.put(code, value.clone());
    }

    /** Takes everything that another has. */
    void putAll(SampleAttributes other) {
        values.putAll(other.values);
        odd.putAll(other.odd);
    }

    Optional<Bytes> value(int code) {
        return Optional.ofNullable(values.get(code)).map(Bytes::of);
    }

    /** A be32, or 0 where it is absent. */
    long number(int code) {
        return value(code)
                .filter(value -> value.length() >= 4)
                .map(value -> value.u32(0))
                .orElse(0L);
    }

    void write(MessageWriter writer, int code) {
        byte[] value = values.get(code);
        if (value == null) {
            return;
        }
        if (code == code(VLAN)) {
            // The nest's headers are in the writer's order, so it is made only now.
            int nest = writer.beginNest(code);
            writer.bytes(VLAN_TCI, value[2], value[3])
                    .bytes(VLAN_PROTO, value[0], value[1])
                    .endNest(nest);
        } else {
            writer.bytes(code, value);
        }
    }

    void writeOdd(MessageWriter writer) {
        odd.forEach(writer::bytes);
    }
}
