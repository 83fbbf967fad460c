// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.message.LiteralAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** DNS messages (RFC 1035) to carry over UDP: one question, and answers with addresses. */
public final class SampleDns {
    /** The type of an IPv4 address. */
    public static final int A = 1;
    /** The type of an IPv6 address (RFC 3596). */
    public static final int AAAA = 28;

    private static final int RECURSION_DESIRED = 0x0100;
    private static final int ANSWERED = 0x8180;
    private static final int INTERNET = 1;
    private static final int QUESTION_NAME = 0xc00c;
    private static final int LONGEST_LABEL = 63;
    private static final int LONGEST_NAME = 255;

    private SampleDns() {}

    /**
     * Creates a query.
     *
     * @param id 0 to 65535
     * @param name a name such as {@code www.example.com}, with or without a final dot
     * @param type {@link #A}, {@link #AAAA} or another, 0 to 65535
     * @return the message
     * @throws IllegalArgumentException if the name has an empty label, or a label is longer than 63 bytes, or the name
     *     longer than 255
     */
    public static byte[] query(int id, String name, int type) {
        return message(id, RECURSION_DESIRED, name, type, 0).toByteArray();
    }

    /**
     * Creates an answer with addresses of one family; without addresses, an empty answer.
     *
     * @param id 0 to 65535: that of the query
     * @param name the name of the query
     * @param ttl how long the answer may be cached, in seconds
     * @param addresses literal addresses
     * @return the message
     * @throws IllegalArgumentException as {@link #query}, or if an address is not literal, or of another family than
     *     the first
     */
    public static byte[] answer(int id, String name, int ttl, String... addresses) {
        int size = addresses.length == 0 ? 4 : LiteralAddress.literal(addresses[0]).length;
        int type = size == 4 ? A : AAAA;
        ByteArrayOutputStream message = message(id, ANSWERED, name, type, addresses.length);
        for (String each : addresses) {
            byte[] address = LiteralAddress.literal(each);
            if (address.length != size) {
                throw new IllegalArgumentException(each + " is of another family than " + addresses[0]);
            }
            message.writeBytes(ByteBuffer.allocate(12 + size)
                    .putShort((short) QUESTION_NAME)
                    .putShort((short) type)
                    .putShort((short) INTERNET)
                    .putInt(ttl)
                    .putShort((short) size)
                    .put(address)
                    .array());
        }
        return message.toByteArray();
    }

    private static ByteArrayOutputStream message(int id, int flags, String name, int type, int answers) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(words(id, flags, 1, answers, 0, 0));
        int start = message.size();
        for (String label : name.replaceFirst("\\.$", "").split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
            if (bytes.length == 0 || bytes.length > LONGEST_LABEL) {
                throw new IllegalArgumentException(name + " has a label of " + bytes.length + " bytes; 1 to 63");
            }
            message.write(bytes.length);
            message.writeBytes(bytes);
        }
        message.write(0);
        if (message.size() - start > LONGEST_NAME) {
            throw new IllegalArgumentException(name + " has more than 255 bytes");
        }
        message.writeBytes(words(type, INTERNET));
        return message;
    }

    private static byte[] words(int... values) {
        ByteBuffer words = ByteBuffer.allocate(2 * values.length);
        for (int value : values) {
            words.putShort((short) value);
        }
        return words.array();
    }
}
