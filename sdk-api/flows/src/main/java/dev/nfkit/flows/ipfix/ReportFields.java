// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.Bytes;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.packet.AddressText;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The places of a report's fields in the records of one template. Integers may have fewer bytes than nfkit writes (RFC
 * 7011, section 6.2). All methods throw IllegalArgumentException if a value does not fit.
 */
final class ReportFields {
    static final int ABSENT = -1;

    private final List<TemplateField> template;

    ReportFields(IpfixTemplate template) {
        this.template = template.fields();
    }

    /** The place of an element, or {@link #ABSENT}. */
    int find(InformationElement element) {
        for (int i = 0; i < template.size(); i++) {
            InformationElement other = template.get(i).element();
            if (other.id() == element.id() && other.enterprise() == element.enterprise()) {
                return i;
            }
        }
        return ABSENT;
    }

    static long signed(RecordCursor cursor, int field) {
        return integer(cursor, field, true);
    }

    /** A number from 0 to 2⁶³−1. */
    static long unsigned(RecordCursor cursor, int field) {
        long number = integer(cursor, field, false);
        if (number < 0) {
            throw new IllegalArgumentException("the number 0x" + Long.toHexString(number) + " exceeds 2^63-1");
        }
        return number;
    }

    private static long integer(RecordCursor cursor, int field, boolean signed) {
        int length = cursor.length(field);
        if (length < 1 || length > Long.BYTES) {
            throw new IllegalArgumentException("a number has 1 to 8 bytes, not " + length);
        }
        int position = cursor.position(field);
        int first = cursor.u8(position);
        long number = signed ? (byte) first : first;
        for (int i = 1; i < length; i++) {
            number = (number << Byte.SIZE) | cursor.u8(position + i);
        }
        return number;
    }

    static int small(RecordCursor cursor, int field) {
        return Math.toIntExact(Math.min(unsigned(cursor, field), Integer.MAX_VALUE));
    }

    static String text(RecordCursor cursor, int field) {
        return new String(cursor.bytes(field), StandardCharsets.UTF_8);
    }

    static InetAddress address(RecordCursor cursor, int field, int length) {
        return AddressText.toInetAddress(bytes(cursor, field, length), 0, length);
    }

    static Bytes bytes(RecordCursor cursor, int field, int length) {
        if (cursor.length(field) != length) {
            throw new IllegalArgumentException("a field has " + length + " bytes, not " + cursor.length(field));
        }
        return Bytes.of(cursor.bytes(field));
    }

    static FlowTime time(long epochNanos, int receiptTimes, int bit) {
        return (receiptTimes & bit) == 0 ? FlowTime.byKernel(epochNanos) : FlowTime.atReceipt(epochNanos);
    }
}
