// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

/**
 * Some bits of a number of 32 bits, and their values.
 *
 * @param value the values, within the mask
 * @param mask the bits
 */
public record MaskedBits(long value, long mask) {
    /**
     * All bits.
     *
     * @param name the number's name, for errors
     * @param value 0 to 2³²−1
     * @return the bits
     * @throws IllegalArgumentException if the value is out of range
     */
    public static MaskedBits all(String name, long value) {
        return of(name, value, Ranges.U32_MAX, "");
    }

    /**
     * Some bits.
     *
     * @param name the number's name, for errors
     * @param value 0 to 2³²−1, within the mask
     * @param mask 0 to 2³²−1
     * @param outside what a bit outside of the mask would do, for errors
     * @return the bits
     * @throws IllegalArgumentException if a number is out of range, or the value has bits outside of the mask
     */
    public static MaskedBits of(String name, long value, long mask, String outside) {
        Ranges.u32(name, value);
        Ranges.u32("the mask of " + name, mask);
        if ((value & ~mask) != 0) {
            throw new IllegalArgumentException(name + " 0x" + Long.toHexString(value)
                    + " has bits outside of the mask 0x" + Long.toHexString(mask) + outside);
        }
        return new MaskedBits(value, mask);
    }

    /**
     * Whether a number has these values.
     *
     * @param number 0 to 2³²−1
     * @return whether its bits within the mask are equal
     */
    public boolean matches(long number) {
        return (number & mask) == value;
    }

    /**
     * Whether the mask has all bits.
     *
     * @return false if only some bits have values
     */
    public boolean isWhole() {
        return mask == Ranges.U32_MAX;
    }

    /** {@inheritDoc} Such as {@code 0x10/0xf0}, or {@code 0x10} with all bits. */
    @Override
    public String toString() {
        return "0x" + Long.toHexString(value) + (isWhole() ? "" : "/0x" + Long.toHexString(mask));
    }
}
