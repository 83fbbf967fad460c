// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Which of 1024 consecutive numbers of a spool were received, and which of them were last records of flows: two bits for each,
 * so that removing duplicates takes a quarter of a byte for a record.
 */
public final class Received {
    /** The numbers of one value. */
    public static final int NUMBERS = 1024;

    private static final int BITS = NUMBERS / Byte.SIZE;

    private final byte[] bytes;

    /**
     * Reads a value.
     *
     * @param stored the value; null for none received
     */
    public Received(byte @Nullable [] stored) {
        bytes = stored == null ? new byte[Long.BYTES + 2 * BITS] : stored.clone();
    }

    /**
     * Adds a number.
     *
     * @param number the number in the spool
     * @param end whether it is the last record of a flow
     * @param now the time, by which the value expires
     * @return false if it was received before
     */
    boolean add(long number, boolean end, long now) {
        int at = (int) (number % NUMBERS);
        if (has(Long.BYTES, at)) {
            return false;
        }
        set(Long.BYTES, at);
        if (end) {
            set(Long.BYTES + BITS, at);
        }
        ByteBuffer.wrap(bytes).putLong(0, now);
        return true;
    }

    private boolean has(int from, int at) {
        return (bytes[from + at / Byte.SIZE] & 1 << at % Byte.SIZE) != 0;
    }

    private void set(int from, int at) {
        bytes[from + at / Byte.SIZE] |= (byte) (1 << at % Byte.SIZE);
    }

    /**
     * The last records of flows in a range of numbers.
     *
     * @param chunk the number of this value
     * @param after the number before the first
     * @param last the last number
     * @return a count
     */
    public int ends(long chunk, long after, long last) {
        long first = chunk * NUMBERS;
        int count = 0;
        for (int at = 0; at < NUMBERS; at++) {
            if (first + at > after && first + at <= last && has(Long.BYTES + BITS, at)) {
                count++;
            }
        }
        return count;
    }

    long time() {
        return ByteBuffer.wrap(bytes).getLong(0);
    }

    byte[] bytes() {
        return bytes;
    }
}
