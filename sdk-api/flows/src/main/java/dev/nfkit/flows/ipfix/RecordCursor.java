// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Finds the fields of one data record after the other. */
final class RecordCursor {
    private static final int LONG_LENGTH = 255;
    private static final int U16 = 0xffff;

    private ByteBuffer message = ByteBuffer.allocate(0);
    private int messageStart;
    private int start;
    private int end;
    private int fields;
    private int[] offsets = new int[64];
    private int[] lengths = new int[64];

    /**
     * Reads a record.
     *
     * @param from where it starts in the buffer
     * @param limit where its set ends
     * @return where the next one starts
     */
    int read(ByteBuffer bytes, int from, int limit, IpfixTemplate template) throws MalformedMessageException {
        message = bytes;
        messageStart = bytes.position();
        start = from;
        List<TemplateField> all = template.fields();
        fields = all.size();
        if (fields > offsets.length) {
            offsets = new int[fields];
            lengths = new int[fields];
        }
        int position = from;
        for (int i = 0; i < fields; i++) {
            TemplateField field = all.get(i);
            int length = field.length();
            if (field.isVariable()) {
                require(position, 1, limit, field);
                length = bytes.get(position++) & 0xff;
                if (length == LONG_LENGTH) {
                    require(position, Short.BYTES, limit, field);
                    length = bytes.getShort(position) & U16;
                    position += Short.BYTES;
                }
            }
            require(position, length, limit, field);
            offsets[i] = position;
            lengths[i] = length;
            position += length;
        }
        end = position;
        return position;
    }

    private void require(int position, int length, int limit, TemplateField field) throws MalformedMessageException {
        if (length > limit - position) {
            throw MessageHeader.malformed(
                    "record/" + field.element(),
                    position - messageStart,
                    length + " bytes",
                    (limit - position) + " bytes until the end of the set");
        }
    }

    /** Where the record starts in the message. */
    int offset() {
        return start - messageStart;
    }

    int length(int field) {
        return lengths[field];
    }

    /** The position of a field in the buffer. */
    int position(int field) {
        return offsets[field];
    }

    byte[] bytes(int field) {
        byte[] copy = new byte[lengths[field]];
        message.get(offsets[field], copy);
        return copy;
    }

    int u8(int position) {
        return message.get(position) & 0xff;
    }

    byte[] copy() {
        byte[] copy = new byte[end - start];
        message.get(start, copy);
        return copy;
    }

    int[] offsetsInRecord() {
        int[] relative = Arrays.copyOf(offsets, fields);
        for (int i = 0; i < fields; i++) {
            relative[i] -= start;
        }
        return relative;
    }

    int[] lengths() {
        return Arrays.copyOf(lengths, fields);
    }
}
