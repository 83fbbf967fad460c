package dev.nfkit.conntrack.event;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;

/** Combines an event of a connection with the known entry. */
final class EntryOverlay {
    private static final int HEADER = 4;
    private static final int CTA_MARK = 8;
    private static final int CTA_TIMESTAMP_EVENT = 27;

    private EntryOverlay() {}

    /**
     * An owned entry with the attributes of an event and, for those it lacks, the earlier ones of the same connection.
     * An absent mark is not taken from the earlier entry: it is 0. An event's time is also not taken.
     */
    static ConntrackEntry of(ConntrackEntry latest, ConntrackEntry earlier) {
        int length = Netlink.align(latest.attributes().length());
        byte[] both = Arrays.copyOf(
                latest.attributes().toArray(), length + earlier.attributes().length() + HEADER);
        try {
            AttributeCursor known = new AttributeCursor()
                    .wrap(
                            earlier.attributes().toByteBuffer(),
                            0,
                            earlier.attributes().length(),
                            earlier.order(),
                            "an entry");
            while (known.next()) {
                if (isKept(known.type(), latest)) {
                    int size = HEADER + known.length();
                    earlier.attributes().copyTo(known.offset() - HEADER, both, length, size);
                    length += Netlink.align(size);
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("the bytes of an owned entry have changed", e);
        }
        return ConntrackEntry.owned(Arrays.copyOf(both, length), latest.order());
    }

    private static boolean isKept(int type, ConntrackEntry latest) {
        return type < Long.SIZE && !latest.has(type) && type != CTA_MARK && type != CTA_TIMESTAMP_EVENT;
    }
}
