// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads IP addresses from text: literal ones only, so that no name is ever looked up. */
final class AddressLiteral {
    private static final int GROUPS = 8;
    private static final int LONGEST = 45;

    private AddressLiteral() {}

    /** The 4 or 16 bytes of an address; null if the text is none. Zones such as {@code %eth0} are none. */
    static byte @Nullable [] parse(String text) {
        if (text.length() > LONGEST) {
            return null;
        }
        return text.indexOf(':') < 0 ? ipv4(text) : ipv6(text);
    }

    /** Four decimal numbers; leading zeros are refused, because some programs read them as octal numbers. */
    private static byte @Nullable [] ipv4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return null;
        }
        byte[] address = new byte[4];
        for (int i = 0; i < 4; i++) {
            int number = number(parts[i], 10, 3);
            if (number < 0 || number > 255 || (parts[i].length() > 1 && parts[i].charAt(0) == '0')) {
                return null;
            }
            address[i] = (byte) number;
        }
        return address;
    }

    private static byte @Nullable [] ipv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            ByteBuffer all = ByteBuffer.allocate(16);
            return groups(text, all) && !all.hasRemaining() ? all.array() : null;
        }
        ByteBuffer before = ByteBuffer.allocate(16);
        ByteBuffer after = ByteBuffer.allocate(16);
        String rest = text.substring(gap + 2);
        if ((gap > 0 && (text.lastIndexOf('.', gap) >= 0 || !groups(text.substring(0, gap), before)))
                || (!rest.isEmpty() && !groups(rest, after))
                || before.position() + after.position() > 2 * (GROUPS - 1)) {
            return null;
        }
        int length = after.position();
        before.put(16 - length, after.array(), 0, length);
        return before.array();
    }

    /** Appends groups of 16 bits; the last two may be written as an IPv4 address. Returns false if there are others. */
    private static boolean groups(String text, ByteBuffer target) {
        String[] parts = text.split(":", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (i == parts.length - 1 && part.indexOf('.') >= 0) {
                byte[] dotted = ipv4(part);
                if (dotted == null || target.remaining() < dotted.length) {
                    return false;
                }
                target.put(dotted);
            } else {
                int number = number(part, 16, 4);
                if (number < 0 || target.remaining() < Short.BYTES) {
                    return false;
                }
                target.putShort((short) number);
            }
        }
        return true;
    }

    /** A number without a sign; −1 if the text is none. Only digits of ASCII count. */
    static int number(String text, int radix, int mostDigits) {
        if (text.isEmpty() || text.length() > mostDigits) {
            return -1;
        }
        int number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 0x80 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return -1;
            }
            number = number * radix + digit;
        }
        return number;
    }
}
