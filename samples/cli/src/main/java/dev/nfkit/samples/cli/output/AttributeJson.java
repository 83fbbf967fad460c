// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.packet.AddressText;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes attributes as JSON members by their schema: its names, in its order, nested in the same way. Unknown
 * attributes are omitted; addresses are text, and numbers have their names beside them. If an attribute occurs twice, the last one counts. Reusable; one thread
 * at a time.
 */
public final class AttributeJson {
    private static final int CODES = 64;

    private final JsonObject json;
    private final BytesView value = new BytesView();
    private final List<Level> levels = new ArrayList<>();

    /** The positions of the attributes at one depth. */
    private static final class Level {
        private final AttributeCursor cursor = new AttributeCursor();
        /** By code; 0 if the attribute is absent. */
        private final int[] offsets = new int[CODES];

        private final int[] lengths = new int[CODES];

        private void find(ByteBuffer buffer, int offset, int length, ByteOrder order, AttributeSchema schema)
                throws MalformedMessageException {
            Arrays.fill(offsets, 0);
            cursor.wrap(buffer, offset, length, order, schema.name());
            while (cursor.next()) {
                AttributeType type = schema.find(cursor.type()).orElse(null);
                if (type != null) {
                    cursor.require(type.minimumLength());
                    offsets[type.code()] = cursor.offset();
                    lengths[type.code()] = cursor.length();
                }
            }
        }
    }

    public AttributeJson(JsonObject json) {
        this.json = json;
    }

    /**
     * Writes the members of the current object. A nest that is malformed becomes hexadecimal.
     *
     * @throws MalformedMessageException if the attributes are malformed; then nothing is written
     */
    public void members(Bytes attributes, ByteOrder order, AttributeSchema schema) throws MalformedMessageException {
        ByteBuffer buffer = attributes.toByteBuffer();
        level(0).find(buffer, 0, attributes.length(), order, schema);
        write(buffer, order, schema, 0);
    }

    /** As {@link #members}; writes one hexadecimal member if the attributes are malformed. */
    public void membersOrHex(Bytes bytes, ByteOrder order, AttributeSchema schema) {
        try {
            members(bytes, order, schema);
        } catch (MalformedMessageException e) {
            json.hex("attributes", bytes);
        }
    }

    /** Writes a member that is an object of attributes, or hexadecimal if they are malformed. */
    public void object(String key, Bytes attributes, ByteOrder order, AttributeSchema schema) {
        ByteBuffer buffer = attributes.toByteBuffer();
        try {
            level(0).find(buffer, 0, attributes.length(), order, schema);
        } catch (MalformedMessageException e) {
            json.hex(key, attributes);
            return;
        }
        json.beginNested(key);
        write(buffer, order, schema, 0);
        json.end();
    }

    private Level level(int depth) {
        if (levels.size() == depth) {
            levels.add(new Level());
        }
        return levels.get(depth);
    }

    private void write(ByteBuffer buffer, ByteOrder order, AttributeSchema schema, int depth) {
        Level level = levels.get(depth);
        for (AttributeType type : schema.types()) {
            int at = level.offsets[type.code()];
            if (at == 0) {
                continue;
            }
            int length = level.lengths[type.code()];
            AttributeSchema nested = type.nested().orElse(null);
            if (nested == null) {
                leaf(type, value.wrap(buffer, at, length), order);
                continue;
            }
            try {
                level(depth + 1).find(buffer, at, length, order, nested);
            } catch (MalformedMessageException e) {
                json.hex(type.key(), value.wrap(buffer, at, length));
                continue;
            }
            json.beginNested(type.key());
            write(buffer, order, nested, depth + 1);
            json.end();
        }
    }

    private void leaf(AttributeType type, Bytes bytes, ByteOrder order) {
        if (isAddress(type, bytes.length())) {
            json.string(type.key(), AddressText.of(bytes));
        } else if (type == ConntrackAttribute.SeqAdj.OFFSET_BEFORE || type == ConntrackAttribute.SeqAdj.OFFSET_AFTER) {
            int signed = (int) bytes.u32(0);
            json.number(type.key(), signed);
        } else if (type.shape() == AttributeShape.HOST32) {
            int word = (int) bytes.u32(0);
            boolean swap = order == ByteOrder.LITTLE_ENDIAN;
            json.number(type.key(), Integer.toUnsignedLong(swap ? Integer.reverseBytes(word) : word));
        } else {
            JsonPrinter.plain(json, type.key(), type.shape(), bytes);
            AttributeNames.write(json, type, bytes);
        }
    }

    private static boolean isAddress(AttributeType type, int length) {
        return (type instanceof ConntrackAttribute.Ip || type instanceof ConntrackAttribute.Nat)
                && type.shape() == AttributeShape.BYTES
                && (length == 4 || length == 16);
    }
}
