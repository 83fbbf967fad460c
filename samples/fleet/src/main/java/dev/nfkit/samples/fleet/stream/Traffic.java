// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What was carried in a minute, both directions together.
 *
 * @param bytes bytes
 * @param packets packets
 * @param ended connections that ended
 */
public record Traffic(long bytes, long packets, long ended) {
    /** Nothing. */
    public static final Traffic NONE = new Traffic(0, 0, 0);

    /**
     * Reads a value.
     *
     * @param stored the value; null for nothing
     * @return the traffic
     */
    public static Traffic read(byte @Nullable [] stored) {
        if (stored == null) {
            return NONE;
        }
        ByteBuffer buffer = ByteBuffer.wrap(stored);
        return new Traffic(buffer.getLong(), buffer.getLong(), buffer.getLong());
    }

    /**
     * Adds another.
     *
     * @param other the other
     * @return the sum
     */
    public Traffic plus(Traffic other) {
        return new Traffic(bytes + other.bytes, packets + other.packets, ended + other.ended);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(3 * Long.BYTES)
                .putLong(bytes)
                .putLong(packets)
                .putLong(ended)
                .array();
    }
}
