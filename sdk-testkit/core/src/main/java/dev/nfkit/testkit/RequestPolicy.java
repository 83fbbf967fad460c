package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * What netlink asks of a request's attributes before anybody looks at them ({@code nla_parse_deprecated}): known ones may
 * be longer than their type, never shorter; unknown ones are skipped.
 */
final class RequestPolicy {
    private final Map<Integer, Integer> shortest;

    /** A policy of the least lengths by code. */
    RequestPolicy(Map<Integer, Integer> shortest) {
        this.shortest = shortest;
    }

    /** Refuses the first attribute that is too short, and says where it stands. */
    void check(SentMessage request) throws Refused {
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
