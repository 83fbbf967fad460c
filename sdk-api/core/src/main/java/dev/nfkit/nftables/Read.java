// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import org.jspecify.annotations.Nullable;

/** What all readers of objects require. */
final class Read {
    private static final int FAMILY_OFFSET = 16;

    private Read() {}

    /** The table of a message. */
    static TableId table(MessageCursor message, @Nullable String name) throws MalformedMessageException {
        AddressFamily family = AddressFamily.of(message.family());
        if (!Families.hasTables(family)) {
            throw new MalformedMessageException(
                    "nfgenmsg", FAMILY_OFFSET, "a family that has tables", family.toString());
        }
        return new TableId(family, name("a table's name", name));
    }

    /** A name that the kernel always sends. */
    static String name(String what, @Nullable String name) throws MalformedMessageException {
        if (name == null || name.isEmpty()) {
            throw new MalformedMessageException("nf_tables message", 0, what, name == null ? "none" : "an empty one");
        }
        try {
            return Names.object(what, name);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("nf_tables message", 0, what + " of at most 255 bytes", "a longer one");
        }
    }

    /** The attributes inside an attribute. */
    static AttributeCursor nest(AttributeCursor cursor, String name) {
        return cursor.nest(new AttributeCursor(), name);
    }
}
