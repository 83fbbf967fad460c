package dev.nfkit.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A message's bytes at some place in a buffer. What a reader makes of them must not depend on what lies around them, and
 * a read after the end must find no buffer.
 *
 * @param buffer a big-endian buffer
 * @param offset where the message starts
 * @param length its bytes
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
     * Reads a message at two places.
     *
     * @param message its bytes
     * @param reader reads it, and returns all that it found as text
     * @return what it found
     */
    static String read(byte[] message, Function<Placed, String> reader) {
        String found = reader.apply(atEnd(message));
        // Either would do to show a read outside of the message most of the time; inputs take turns.
        byte other = (byte) (Arrays.hashCode(message) % 2 == 0 ? 0 : -1);
        String again = reader.apply(among(other, message));
        if (!again.equals(found)) {
            throw new AssertionError("what lies around the message changes what is read of it:\n" + found
                    + "\nand among bytes of " + other + ":\n" + again);
        }
        return found;
    }
}
