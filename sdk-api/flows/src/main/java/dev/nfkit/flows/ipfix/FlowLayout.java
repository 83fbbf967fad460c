// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.ipfix.Content.Fixed;
import dev.nfkit.flows.ipfix.Content.Octets;
import dev.nfkit.flows.ipfix.Content.Text;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The fields of one kind of flow record, which is one template. */
final class FlowLayout {
    /** A longer field has its length in three bytes (RFC 7011, section 7). */
    private static final int SHORT_LENGTH = 255;

    private static final int LONG_PREFIX = 3;

    private final FlowField[] fields;
    private final boolean commandLines;
    private final int fixed;
    private final int texts;

    /**
     * The fields of a kind.
     *
     * @param commandLines whether command lines are written; else they are empty
     */
    FlowLayout(int kind, boolean commandLines) {
        this.commandLines = commandLines;
        List<FlowField> in = new ArrayList<>();
        int length = 0;
        int variable = 0;
        for (FlowField field : FlowField.values()) {
            if (field.isIn(kind)) {
                in.add(field);
                length += field.content() instanceof Fixed whole ? whole.length() : 0;
                variable += field.content() instanceof Text ? 1 : 0;
            }
        }
        fields = in.toArray(FlowField[]::new);
        fixed = length;
        texts = variable;
    }

    List<TemplateField> template(long enterprise) {
        List<TemplateField> template = new ArrayList<>();
        for (FlowField field : fields) {
            int length = field.content() instanceof Fixed whole ? whole.length() : TemplateField.VARIABLE;
            template.add(new TemplateField(field.element(enterprise), length));
        }
        return template;
    }

    /** The number of texts, among which the space for them is divided if a record is too long. */
    int texts() {
        return texts;
    }

    /** The bytes of a record whose texts are cut at a limit. */
    int size(FlowRecord flow, int limit) {
        int size = fixed;
        for (FlowField field : fields) {
            if (field.content() instanceof Text text) {
                int length = Utf8.length(text(field, text, flow), limit);
                size += length + (length < SHORT_LENGTH ? 1 : LONG_PREFIX);
            } else if (field.content() instanceof Octets octets) {
                size += 1 + octets.length().applyAsInt(flow);
            }
        }
        return size;
    }

    void write(FlowRecord flow, int limit, ByteBuffer out) {
        for (FlowField field : fields) {
            Content content = field.content();
            if (content instanceof Fixed whole) {
                whole.writer().write(flow, out);
            } else if (content instanceof Octets octets) {
                out.put((byte) octets.length().applyAsInt(flow));
                octets.writer().write(flow, out);
            } else if (content instanceof Text text) {
                putText(text(field, text, flow), limit, out);
            }
        }
    }

    private String text(FlowField field, Text text, FlowRecord flow) {
        return field == FlowField.PROCESS_COMMAND_LINE && !commandLines
                ? ""
                : text.of().apply(flow);
    }

    static void putText(String text, int limit, ByteBuffer out) {
        int length = Utf8.length(text, limit);
        if (length < SHORT_LENGTH) {
            out.put((byte) length);
        } else {
            out.put((byte) SHORT_LENGTH).putShort((short) length);
        }
        Utf8.put(text, length, out);
    }
}
