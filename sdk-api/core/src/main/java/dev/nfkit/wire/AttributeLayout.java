package dev.nfkit.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * How the attributes of the message before lay: the same rule gives the same ones, of the same lengths, at the same places.
 * Comparing the headers that are expected there replaces the walk, whose every step waits for the load before.
 *
 * <p>All but the last are compared eight bytes at a time, in straight lines of four words each: the compiler makes of a loop
 * so much more than its body that it takes twice the time. The last attribute is compared alone, since it is mostly the
 * payload, of another length from packet to packet.
 */
final class AttributeLayout {
    /** All attributes lie as before, to the message's end. */
    static final int ALL = -1;

    private static final int LONGEST = 32;
    private static final int LINE = 4;
    private static final int LINE_BYTES = LINE * Long.BYTES;
    private static final int LINES = 4;
    private static final int NEVER = Integer.MAX_VALUE;
    private static final int NO_NUL = -1;

    // Bytes as they lie: which order they are read in does not matter, if it is one.
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int[] headers = new int[LONGEST];
    private final int[] starts = new int[LONGEST + 1];
    private final int[] ends = new int[LONGEST];
    /** Where a text's NUL is, if the attribute must have one. */
    private final int[] nuls = new int[LONGEST];

    private final long[] presentBefore = new long[LONGEST + 1];
    /** How many are remembered; none while a message is walked, until it has come to its end. */
    private int count;

    private int added;
    private boolean remembered;

    // Of all attributes, where a message was read to its end.
    private int length = -1;
    private long present;
    private int lastStart;
    private int lastHeader;

    // Of all but the last: which bits of each word are expected to be what, in turn.
    private final long[] words = new long[2 * LINE * LINES];
    private int lines;
    private int covered = -1;
    /** The shortest message that has these lines and one more header. */
    private int shortest = NEVER;

    /** The four bytes of an attribute's header. */
    static int header(ByteBuffer bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    /** How many attributes lie as before, or {@link #ALL}. */
    int match(ByteBuffer bytes, int base, int size) {
        if (size < shortest) {
            return matchOneByOne(bytes, base, size);
        }
        long differ = differing(bytes, base, 0);
        if (lines > 1) {
            differ |= differing(bytes, base, 1);
        }
        if (lines > 2) {
            differ |= differing(bytes, base, 2);
        }
        if (lines > 3) {
            differ |= differing(bytes, base, 3);
        }
        if (differ != 0) {
            return matchOneByOne(bytes, base, size);
        }
        return size == length && header(bytes, base + lastStart) == lastHeader ? ALL : covered;
    }

    private long differing(ByteBuffer bytes, int base, int line) {
        int at = base + line * LINE_BYTES;
        int word = line * 2 * LINE;
        return differing(bytes, at, words, word)
                | differing(bytes, at + 8, words, word + 2)
                | differing(bytes, at + 16, words, word + 4)
                | differing(bytes, at + 24, words, word + 6);
    }

    private static long differing(ByteBuffer bytes, int at, long[] expected, int word) {
        return ((long) LONGS.get(bytes, at) & expected[word]) ^ expected[word + 1];
    }

    private int matchOneByOne(ByteBuffer bytes, int base, int size) {
        int known = 0;
        while (known < count
                && ends[known] <= size
                && header(bytes, base + starts[known]) == headers[known]
                && (nuls[known] == NO_NUL || bytes.get(base + nuls[known]) == 0)) {
            known++;
        }
        return known;
    }

    /** The attributes as a set of bits, where {@link #match} says that all are there. */
    long present() {
        return present;
    }

    /** Where an attribute starts that lies as before, or the first one behind these. */
    int start(int index) {
        return starts[index];
    }

    /** The attributes before one as a set of bits. */
    long presentBefore(int index) {
        return presentBefore[index];
    }

    /** Keeps so many attributes and forgets the rest, in whose place others are added until {@link #end}. */
    void keep(int known) {
        if (known < covered) {
            covered = -1;
        }
        count = 0;
        added = known;
        remembered = true;
        length = -1;
        shortest = NEVER;
    }

    /** Remembers an attribute behind those that are; {@code text} says that its last byte is a NUL and must be. */
    void add(int header, int start, int end, boolean text, long presentNow) {
        if (added == LONGEST) {
            remembered = false;
        } else {
            headers[added] = header;
            ends[added] = end;
            nuls[added] = text ? end - 1 : NO_NUL;
            added++;
            starts[added] = Netlink.align(end);
            presentBefore[added] = presentNow;
        }
    }

    /** Such a message is not to be remembered. */
    void giveUp() {
        remembered = false;
    }

    /** All attributes of a message of that size have been added. */
    void end(int size) {
        if (!remembered || added == 0) {
            forget();
            return;
        }
        count = added;
        int last = count - 1;
        length = nuls[last] == NO_NUL ? size : -1;
        present = presentBefore[count];
        lastStart = starts[last];
        lastHeader = headers[last];
        if (covered != last) {
            cover(last);
        }
        shortest = lines <= LINES ? Math.max(lines * LINE_BYTES, lastStart + Netlink.NLA_HDRLEN) : NEVER;
    }

    private void cover(int attributes) {
        covered = attributes;
        lines = starts[attributes] / LINE_BYTES + 1;
        if (lines > LINES) {
            return;
        }
        Arrays.fill(words, 0);
        for (int i = 0; i < attributes; i++) {
            int word = starts[i] / Long.BYTES * 2;
            int shift = starts[i] % Long.BYTES * Byte.SIZE;
            words[word] |= 0xffff_ffffL << shift;
            words[word + 1] |= (headers[i] & 0xffff_ffffL) << shift;
            if (nuls[i] != NO_NUL) {
                words[nuls[i] / Long.BYTES * 2] |= 0xffL << (nuls[i] % Long.BYTES * Byte.SIZE);
            }
        }
    }

    /** Forgets everything. */
    void forget() {
        count = 0;
        length = -1;
        covered = -1;
        shortest = NEVER;
    }
}
