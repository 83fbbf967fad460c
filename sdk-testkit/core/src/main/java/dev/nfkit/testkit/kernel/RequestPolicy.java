// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Netlink's validation of a request's attributes before they are used ({@code nla_parse_deprecated}): known ones may be
 * longer than their type, never shorter; unknown ones are skipped.
 */
public final class RequestPolicy {
    /** The kernel's text ({@code nla_validate_mask}). */
    private static final String RESERVED_BIT = "reserved bit set";

    private final Map<Integer, Integer> shortest;

    /** Creates a policy of minimum lengths by code. */
    public RequestPolicy(Map<Integer, Integer> shortest) {
        this.shortest = shortest;
    }

    /**
     * Refuses unknown flags, as kernels from April 2026 on do ({@code NLA_POLICY_MASK}).
     *
     * @param code the attribute
     * @param known all known bits
     */
    public static void requireKnownBits(ParsedMessage request, int code, long known) throws Refused {
        Bytes value = request.attribute(code).orElse(null);
        if (value == null) {
            return;
        }
        long bits = value.length() >= Integer.BYTES ? value.u32(0) : value.u16(0);
        if ((bits & ~known) != 0) {
            throw new Refused(Errno.EINVAL, RESERVED_BIT, offset(request, code));
        }
    }

    private static int offset(ParsedMessage request, int code) {
        ByteBuffer bytes = request.bytes().toByteBuffer();
        MessageCursor message = new MessageCursor().wrap(bytes, 0, bytes.capacity(), request.order());
        try {
            message.next();
            AttributeCursor cursor = new AttributeCursor().wrap(message, "request");
            while (cursor.next()) {
                if (cursor.type() == code) {
                    return cursor.offset() - Netlink.NLA_HDRLEN;
                }
            }
        } catch (MalformedMessageException e) {
            return Refused.NO_OFFSET;
        }
        return Refused.NO_OFFSET;
    }

    /** Refuses the first attribute that is too short, with its position. */
    public void check(ParsedMessage request) throws Refused {
        ByteBuffer bytes = request.bytes().toByteBuffer();
        MessageCursor message = new MessageCursor().wrap(bytes, 0, bytes.capacity(), request.order());
        try {
            message.next();
            AttributeCursor cursor = new AttributeCursor().wrap(message, "request");
            while (cursor.next()) {
                if (cursor.length() < shortest.getOrDefault(cursor.type(), 0)) {
                    throw Refused.byPolicy(Errno.ERANGE, cursor.offset() - Netlink.NLA_HDRLEN);
                }
            }
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
    }
}
