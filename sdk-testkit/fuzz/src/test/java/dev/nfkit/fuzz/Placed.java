// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A message's bytes at a position in a buffer. What a reader returns must not depend on the surrounding bytes, and a
 * read after the end must exceed the buffer.
 *
 * @param buffer a big-endian buffer
 * @param offset where the message starts
 * @param length the number of bytes
 */
record Placed(ByteBuffer buffer, int offset, int length) {
    private static final int BEFORE = 24;
    private static final int AFTER = 72;

    /** The end of the message is the end of the buffer. */
    static Placed atEnd(byte... message) {
        byte[] all = new byte[BEFORE + message.length];
        System.arraycopy(message, 0, all, BEFORE, message.length);
        return new Placed(ByteBuffer.wrap(all).order(ByteOrder.BIG_ENDIAN), BEFORE, message.length);
    }

    /** Other bytes surround the message. */
    static Placed among(byte other, byte... message) {
        byte[] all = new byte[BEFORE + message.length + AFTER];
        Arrays.fill(all, other);
        System.arraycopy(message, 0, all, BEFORE, message.length);
        return new Placed(ByteBuffer.wrap(all).order(ByteOrder.BIG_ENDIAN), BEFORE, message.length);
    }

    /**
     * Reads a message at two positions.
     *
     * @param message its bytes
     * @param reader reads it, and returns everything that it found as text
     * @return what the reader found
     */
    static String read(byte[] message, Function<Placed, String> reader) {
        String found = reader.apply(atEnd(message));
        // Either placement reveals a read outside the message in most cases; inputs alternate between them.
        byte other = (byte) (Arrays.hashCode(message) % 2 == 0 ? 0 : -1);
        String again = reader.apply(among(other, message));
        if (!again.equals(found)) {
            throw new AssertionError("the bytes around the message change what is read from it:\n" + found
                    + "\nand among bytes of " + other + ":\n" + again);
        }
        return found;
    }
}
