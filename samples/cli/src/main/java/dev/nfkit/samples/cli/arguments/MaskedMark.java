// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

/**
 * A mark with a mask, as an argument: {@code 7}, {@code 0x10} or {@code 0x10/0xf0}.
 *
 * @param value the bits inside the mask, 32 bits
 * @param mask the bits that the argument gives; all 32 without a mask
 */
public record MaskedMark(long value, long mask) {
    static final long WHOLE = 0xffff_ffffL;

    /**
     * Parses a mark.
     *
     * @throws NumberFormatException if the text is not a mark, exceeds 32 bits, or has bits outside its mask
     */
    public static MaskedMark parse(String text) {
        String[] parts = text.split("/", 2);
        long value = Long.decode(parts[0]);
        long mask = parts.length < 2 ? WHOLE : Long.decode(parts[1]);
        if (value < 0 || mask < 0 || mask > WHOLE || (value & ~mask) != 0) {
            throw new NumberFormatException(text);
        }
        return new MaskedMark(value, mask);
    }

    /** The new mark; the bits outside the mask keep their value. */
    public long applied(long mark) {
        return (mark & ~mask) | value;
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(value) + (mask == WHOLE ? "" : "/0x" + Long.toHexString(mask));
    }
}
