// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a set is made with. Times are in milliseconds. */
public record SetProperties(
        long flags,
        long keyType,
        int keyLength,
        long dataType,
        int dataLength,
        int objectType,
        long policy,
        long size,
        List<Integer> fields,
        long timeout,
        long gcInterval,
        @Nullable Bytes userData) {
    public static final long ANONYMOUS = 1;
    public static final long CONSTANT = 2;
    public static final long INTERVAL = 4;
    public static final long MAP = 8;
    public static final long TIMEOUT = 0x10;
    public static final long EVAL = 0x20;
    public static final long OBJECT = 0x40;
    public static final long CONCAT = 0x80;
    public static final long EXPR = 0x100;
    public static final long ALL = 0x1ff;

    public SetProperties {
        fields = List.copyOf(fields);
    }

    /** Whether a flag is set. */
    public boolean is(long flag) {
        return (flags & flag) != 0;
    }

    /** Whether another set has the same shape ({@code nft_set_is_same}). */
    boolean same(SetProperties other) {
        return flags == other.flags
                && keyType == other.keyType
                && keyLength == other.keyLength
                && dataType == other.dataType
                && dataLength == other.dataLength
                && objectType == other.objectType
                && fields.equals(other.fields);
    }
}
