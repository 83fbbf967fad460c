package dev.nfkit.conntrack;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;

/** Lays what an event tells of a connection over what was known of it. */
final class EntryOverlay {
    private static final int HEADER = 4;
    private static final int CTA_MARK = 8;
    private static final int CTA_TIMESTAMP_EVENT = 27;

    private EntryOverlay() {}

    /**
     * An owned entry of what an event tells and, where it is silent, what was told earlier of the same connection. Of the
     * mark no event is silent: it is absent where it is 0. An event's time is its own.
     */
    static ConntrackEntry of(ConntrackEntry told, ConntrackEntry earlier) {
        int length = Netlink.align(told.attributes().length());
        byte[] both = Arrays.copyOf(
                told.attributes().toArray(), length + earlier.attributes().length() + HEADER);
        try {
            AttributeCursor known = new AttributeCursor()
                    .wrap(
                            earlier.attributes().toByteBuffer(),
                            0,
                            earlier.attributes().length(),
                            earlier.order(),
                            "an entry");
            while (known.next()) {
                if (isKept(known.type(), told)) {
                    int size = HEADER + known.length();
                    earlier.attributes().copyTo(known.offset() - HEADER, both, length, size);
                    length += Netlink.align(size);
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("the bytes of an owned entry have changed", e);
        }
        return ConntrackEntry.owned(Arrays.copyOf(both, length), told.order(), null);
    }

    private static boolean isKept(int type, ConntrackEntry told) {
        return type < Long.SIZE && !told.has(type) && type != CTA_MARK && type != CTA_TIMESTAMP_EVENT;
    }
}
