// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads the templates and withdrawals of a set (RFC 7011, sections 3.4.1, 3.4.2 and 8.1). */
final class TemplateReader {
    private static final int U16 = 0xffff;
    private static final int RECORD_HEADER = 4;
    private static final int LEAST_ID = 256;

    private final long enterprise;

    TemplateReader(long enterprise) {
        this.enterprise = enterprise;
    }

    /** Takes what a set contains. */
    interface Target {
        void template(IpfixTemplate template);

        /** A template is no longer valid; all of a kind if the id is that of its set. */
        void withdrawn(int id);
    }

    /** Reads a set whose records are from the position to the limit. */
    void read(ByteBuffer set, int offsetInMessage, boolean options, Target target) throws MalformedMessageException {
        int begin = set.position();
        while (set.remaining() >= RECORD_HEADER) { // less is padding
            int offset = offsetInMessage + set.position() - begin;
            int id = set.getShort() & U16;
            int count = set.getShort() & U16;
            if (id == 0 && count == 0) {
                return; // padding that is too long
            }
            if (count == 0) {
                target.withdrawn(id);
            } else {
                target.template(template(set, offset, id, count, options));
            }
        }
    }

    private IpfixTemplate template(ByteBuffer set, int offset, int id, int count, boolean options)
            throws MalformedMessageException {
        if (id < LEAST_ID) {
            throw MessageHeader.malformed("template", offset, "an id from 256", Integer.toString(id));
        }
        int scopes = 0;
        if (options) {
            require(set, offset, Short.BYTES);
            scopes = set.getShort() & U16;
            if (scopes == 0 || scopes > count) {
                throw MessageHeader.malformed(
                        "options template", offset, "1 to " + count + " scopes", Integer.toString(scopes));
            }
        }
        require(set, offset, count * RECORD_HEADER);
        List<TemplateField> fields = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            require(set, offset, RECORD_HEADER);
            int element = set.getShort() & U16;
            int length = set.getShort() & U16;
            if (length == 0) {
                throw MessageHeader.malformed("template", offset, "fields of at least 1 byte", "one of 0 bytes");
            }
            long number = 0;
            if ((element & MessageBuffer.ENTERPRISE_BIT) != 0) {
                require(set, offset, Integer.BYTES);
                number = set.getInt() & 0xffff_ffffL;
            }
            fields.add(new TemplateField(element(number, element & ~MessageBuffer.ENTERPRISE_BIT), length));
        }
        return new IpfixTemplate(id, scopes, fields);
    }

    private static void require(ByteBuffer set, int offset, int length) throws MalformedMessageException {
        if (set.remaining() < length) {
            throw MessageHeader.malformed(
                    "template", offset, length + " more bytes", set.remaining() + " bytes until the end of the set");
        }
    }

    private InformationElement element(long number, int id) {
        if (number == 0) {
            return InformationElement.standard(id);
        }
        if (number == InformationElement.REVERSE) {
            return InformationElement.reverse(id);
        }
        return number == enterprise
                ? Own.of(id).map(own -> own.element(number)).orElseGet(() -> InformationElement.unknown(number, id))
                : InformationElement.unknown(number, id);
    }
}
