// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;

/** Combines an event of a connection with the known entry. */
final class EntryOverlay {
    private static final int HEADER = 4;

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
            long present = types(latest);
            AttributeCursor known = cursor(earlier);
            while (known.next()) {
                if (isKept(known.type(), present)) {
                    int size = HEADER + known.length();
                    earlier.attributes().copyTo(known.offset() - HEADER, both, length, size);
                    length += Netlink.align(size);
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("the bytes of an owned entry have changed", e);
        }
        return new ConntrackEntry(EntryAttributes.owned(Arrays.copyOf(both, length), latest.order()));
    }

    private static AttributeCursor cursor(ConntrackEntry entry) {
        Bytes attributes = entry.attributes();
        return new AttributeCursor().wrap(attributes.toByteBuffer(), 0, attributes.length(), entry.order(), "an entry");
    }

    /** The types of an entry's attributes, known or not, as a set of bits. */
    private static long types(ConntrackEntry entry) throws MalformedMessageException {
        long types = 0;
        AttributeCursor attributes = cursor(entry);
        while (attributes.next()) {
            if (attributes.type() < Long.SIZE) {
                types |= 1L << attributes.type();
            }
        }
        return types;
    }

    private static boolean isKept(int type, long present) {
        return type < Long.SIZE && (present & (1L << type)) == 0 && type != Cta.MARK && type != Cta.TIMESTAMP_EVENT;
    }
}
