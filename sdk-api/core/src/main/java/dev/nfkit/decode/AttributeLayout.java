// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode;

import dev.nfkit.wire.Netlink;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The layout of the attributes in the previous message. One rule sends the same attributes, with the same lengths, at
 * the same offsets. Comparing the expected headers replaces the walk, in which each step waits for the previous load.
 * Values that a rule gives to all its packets are compared with them, at no extra cost. If nothing of this has changed,
 * results derived from the previous message hold for this one.
 *
 * <p>All attributes except the last are compared eight bytes at a time, in straight-line code: a loop takes twice as
 * long, because of what the compiler adds to it. The last attribute is compared separately. It is usually the payload,
 * whose length changes from packet to packet.
 */
final class AttributeLayout {
    /** All attributes are at the same offsets as before, to the message's end, and the steady values are the same. */
    static final int ALL = -1;
    /** As {@link #ALL}, but the last attribute has another length: {@link #lastLength()}. */
    static final int STRETCHED = -2;
    /** All attributes are at the same offsets as before, to the message's end, with other values. */
    static final int CHANGED = -3;

    private static final int LONGEST = 32;
    private static final int LINE = 2;
    private static final int LINE_BYTES = LINE * Long.BYTES;
    private static final int LINES = 8;
    private static final int NEVER = Integer.MAX_VALUE;
    private static final int NO_NUL = -1;

    // Any byte order is correct, as long as all reads use the same.
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** The number of bytes before the first attribute that are compared like steady values. */
    private final int lead;
    /** Whether the headers are in that order. */
    private boolean little;

    private final int[] headers = new int[LONGEST];
    private final int[] starts = new int[LONGEST + 1];
    private final int[] ends = new int[LONGEST];
    /** Where a text's NUL is, if the attribute must have one. */
    private final int[] nuls = new int[LONGEST];

    private final boolean[] steady = new boolean[LONGEST];
    /** The minimum size of an attribute with its header, in bytes, if it is the last; or {@link #NEVER}. */
    private final int[] leasts = new int[LONGEST];

    private final long[] presentBefore = new long[LONGEST + 1];
    /** The number of remembered attributes; 0 while a message is walked, until its end is reached. */
    private int count;

    private int added;
    private boolean remembered;

    // The length of all attributes, if a message was read to its end.
    private int length = -1;
    private long present;
    private int lastStart;
    private int lastHeader;
    private int lastType;
    private int lastLeast;

    // Alternating masks and expected bits of each word, for all attributes except the last.
    private final long[] words = new long[2 * LINE * LINES];
    /** The bits of each word that belong to headers and NULs; the other expected bits belong to values. */
    private final long[] fixed = new long[LINE * LINES];

    private int lines;
    private int covered = -1;
    /** The minimum length of a message with these lines and one more header. */
    private int shortest = NEVER;

    AttributeLayout(int lead) {
        this.lead = lead;
    }

    /** The four bytes of an attribute's header. */
    static int header(ByteBuffer bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    /**
     * The number of attributes at the same offsets as before; or {@link #ALL}, {@link #STRETCHED} or {@link #CHANGED}.
     */
    int match(ByteBuffer bytes, int base, int size) {
        if (size < shortest) {
            return matchOneByOne(bytes, base, size);
        }
        int from = base - lead;
        if (differing(bytes, from) != 0) {
            return matchChanged(bytes, base, size);
        }
        int header = header(bytes, base + lastStart);
        if (header == lastHeader && size == length) {
            return ALL;
        }
        return stretched(header, size) ? STRETCHED : covered;
    }

    /** Whether the last attribute differs only in length and is again the last of the message. */
    private boolean stretched(int header, int size) {
        int facts = facts(header);
        int attribute = facts & 0xffff;
        if (facts >>> 16 != lastType
                || attribute < lastLeast
                || attribute > size - lastStart
                || lastStart + Netlink.align(attribute) < size) {
            return false;
        }
        int last = count - 1;
        headers[last] = header;
        ends[last] = lastStart + attribute;
        starts[count] = Netlink.align(ends[last]);
        lastHeader = header;
        length = size;
        return true;
    }

    private int matchChanged(ByteBuffer bytes, int base, int size) {
        if (!adopt(bytes, base - lead)) {
            return matchOneByOne(bytes, base, size);
        }
        return size == length && header(bytes, base + lastStart) == lastHeader ? CHANGED : covered;
    }

    /** A header's length in the lower half, its type in the upper one. */
    int facts(int header) {
        return little ? header : Integer.rotateLeft(Integer.reverseBytes(header), 16);
    }

    private long differing(ByteBuffer bytes, int from) {
        int least = lines;
        long differ = differing(bytes, from, 0);
        if (least == 1) {
            return differ;
        }
        differ |= differing(bytes, from, 1);
        if (least == 2) {
            return differ;
        }
        differ |= differing(bytes, from, 2);
        if (least == 3) {
            return differ;
        }
        differ |= differing(bytes, from, 3);
        if (least == 4) {
            return differ;
        }
        differ |= differing(bytes, from, 4);
        if (least == 5) {
            return differ;
        }
        differ |= differing(bytes, from, 5);
        if (least == 6) {
            return differ;
        }
        differ |= differing(bytes, from, 6);
        return least == 7 ? differ : differ | differing(bytes, from, 7);
    }

    private long differing(ByteBuffer bytes, int from, int line) {
        int at = from + line * LINE_BYTES;
        int word = line * 2 * LINE;
        return differing(bytes, at, words, word) | differing(bytes, at + 8, words, word + 2);
    }

    private static long differing(ByteBuffer bytes, int at, long[] expected, int word) {
        return ((long) LONGS.get(bytes, at) & expected[word]) ^ expected[word + 1];
    }

    /** Expects the changed values from now on; returns false if more than values has changed. */
    private boolean adopt(ByteBuffer bytes, int from) {
        for (int word = 0; word < lines * LINE; word++) {
            long differ = differing(bytes, from + word * Long.BYTES, words, 2 * word);
            if ((differ & fixed[word]) != 0) {
                return false;
            }
            words[2 * word + 1] ^= differ;
        }
        return true;
    }

    private int matchOneByOne(ByteBuffer bytes, int base, int size) {
        covered = -1; // values are not compared here
        int known = 0;
        while (known < count
                && ends[known] <= size
                && header(bytes, base + starts[known]) == headers[known]
                && (nuls[known] == NO_NUL || bytes.get(base + nuls[known]) == 0)) {
            known++;
        }
        return known;
    }

    /** The code of the last attribute, after {@link #match} returned {@link #STRETCHED}. */
    int lastCode() {
        return lastType & Netlink.NLA_TYPE_MASK;
    }

    /** The length of the last attribute's value, after {@link #match} returned {@link #STRETCHED}. */
    int lastLength() {
        return ends[count - 1] - lastStart - Netlink.NLA_HDRLEN;
    }

    /** The attributes as a set of bits, after {@link #match} returned that all are present. */
    long present() {
        return present;
    }

    /** The offset of an attribute that is at the same place as before, or of the first one after these. */
    int start(int index) {
        return starts[index];
    }

    /** The attributes before one as a set of bits. */
    long presentBefore(int index) {
        return presentBefore[index];
    }

    /** Keeps a number of attributes and forgets the rest; others are then added until {@link #end}. */
    void keep(int known) {
        count = 0;
        added = known;
        remembered = true;
        length = -1;
        shortest = NEVER;
    }

    /**
     * Remembers one more attribute, after those remembered so far.
     *
     * @param least its minimum size with its header, in bytes; −1 if the attribute is not known
     * @param text whether its last byte is a NUL and must be
     * @param same whether its value is steady
     * @param presentNow the attributes up to it as a set of bits
     */
    void add(int header, int start, int end, int least, boolean text, boolean same, long presentNow) {
        if (added == LONGEST) {
            remembered = false;
        } else {
            headers[added] = header;
            ends[added] = end;
            nuls[added] = text ? end - 1 : NO_NUL;
            steady[added] = same;
            leasts[added] = least < 0 || text || same ? NEVER : Math.max(Netlink.NLA_HDRLEN, least);
            added++;
            starts[added] = Netlink.align(end);
            presentBefore[added] = presentNow;
        }
    }

    /** Marks the current message as one that is not remembered. */
    void giveUp() {
        remembered = false;
    }

    /** All attributes of a message of that size have been added. */
    void end(ByteBuffer bytes, int base, int size) {
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
        lastType = facts(lastHeader) >>> 16;
        lastLeast = leasts[last];
        if (covered != last) {
            cover(bytes, base, last);
        }
        // If the last value is steady, no word covers it, so a change would not be noticed.
        shortest = lines <= LINES && !steady[last]
                ? Math.max(lines * LINE_BYTES - lead, lastStart + Netlink.NLA_HDRLEN)
                : NEVER;
    }

    private void cover(ByteBuffer bytes, int base, int attributes) {
        covered = attributes;
        lines = (lead + starts[attributes]) / LINE_BYTES + 1;
        if (lines > LINES) {
            return;
        }
        Arrays.fill(words, 0);
        Arrays.fill(fixed, 0);
        expect(bytes, base, -lead, 0, false);
        for (int i = 0; i < attributes; i++) {
            int value = starts[i] + Netlink.NLA_HDRLEN;
            expect(bytes, base, starts[i], value, true);
            if (steady[i]) {
                expect(bytes, base, value, ends[i], false);
            }
            if (nuls[i] != NO_NUL) {
                expect(bytes, base, nuls[i], nuls[i] + 1, true);
            }
        }
    }

    /** Expects these bytes to stay the same; a change of fixed ones requires a walk. */
    private void expect(ByteBuffer bytes, int base, int from, int to, boolean isFixed) {
        for (int i = from; i < to; i++) {
            int word = (lead + i) / Long.BYTES;
            int shift = (lead + i) % Long.BYTES * Byte.SIZE;
            words[2 * word] |= 0xffL << shift;
            words[2 * word + 1] |= (bytes.get(base + i) & 0xffL) << shift;
            if (isFixed) {
                fixed[word] |= 0xffL << shift;
            }
        }
    }

    /** Sets whether headers are little-endian; remembered ones of the other order are forgotten. */
    void order(boolean isLittle) {
        little = isLittle;
        forget();
    }

    /** Forgets everything. */
    void forget() {
        count = 0;
        length = -1;
        covered = -1;
        shortest = NEVER;
    }
}
