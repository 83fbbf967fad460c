// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A message in the making (RFC 7011, section 3): header, and sets whose records have one template each.
 */
final class MessageBuffer {
    static final int VERSION = 10;
    static final int HEADER = 16;
    static final int SET_HEADER = 4;
    static final int TEMPLATES = 2;
    static final int OPTIONS_TEMPLATES = 3;
    static final int ENTERPRISE_BIT = 0x8000;

    private static final int LENGTH_OFFSET = 2;
    private static final int NO_SET = 0;
    private static final int TEMPLATE_HEADER = 4;
    private static final int OPTIONS_HEADER = 6;
    private static final int FIELD = 4;

    private final ByteBuffer bytes;
    private int set = NO_SET;
    private int setStart;

    MessageBuffer(int size) {
        bytes = ByteBuffer.allocateDirect(size);
        clear();
    }

    void clear() {
        bytes.clear().position(HEADER);
        set = NO_SET;
    }

    boolean isEmpty() {
        return bytes.position() == HEADER;
    }

    /** The longest record that a message holds. */
    int capacity() {
        return bytes.capacity() - HEADER - SET_HEADER;
    }

    boolean fits(int setId, int length) {
        return bytes.remaining() >= length + (set == setId ? 0 : SET_HEADER);
    }

    /** Where to write a record of a set, for which {@link #fits} was true. */
    ByteBuffer record(int setId) {
        if (set != setId) {
            endSet();
            set = setId;
            setStart = bytes.position();
            bytes.putShort((short) setId).putShort((short) 0);
        }
        return bytes;
    }

    private void endSet() {
        if (set != NO_SET) {
            bytes.putShort(setStart + LENGTH_OFFSET, (short) (bytes.position() - setStart));
        }
    }

    static int templateSize(int scopes, List<TemplateField> fields) {
        int size = scopes == 0 ? TEMPLATE_HEADER : OPTIONS_HEADER;
        for (TemplateField field : fields) {
            size += field.element().enterprise() == 0 ? FIELD : FIELD + Integer.BYTES;
        }
        return size;
    }

    /** Writes a template, for which {@link #fits} was true. */
    void template(int id, int scopes, List<TemplateField> fields) {
        ByteBuffer out = record(scopes == 0 ? TEMPLATES : OPTIONS_TEMPLATES);
        out.putShort((short) id).putShort((short) fields.size());
        if (scopes > 0) {
            out.putShort((short) scopes);
        }
        for (TemplateField field : fields) {
            InformationElement element = field.element();
            boolean own = element.enterprise() != 0;
            out.putShort((short) (own ? element.id() | ENTERPRISE_BIT : element.id()));
            out.putShort((short) field.length());
            if (own) {
                out.putInt((int) element.enterprise());
            }
        }
    }

    /** Completes the message; {@link #clear} begins the next one. */
    ByteBuffer finish(long epochSeconds, long sequence, long domain) {
        endSet();
        bytes.flip();
        return bytes.putShort(0, (short) VERSION)
                .putShort(LENGTH_OFFSET, (short) bytes.limit())
                .putInt(4, (int) epochSeconds)
                .putInt(8, (int) sequence)
                .putInt(12, (int) domain);
    }
}
