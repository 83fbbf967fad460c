// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

/** Enums whose constants are in the order of the kernel's numbers, from 0. */
public final class KernelNumbers {
    private KernelNumbers() {}

    /**
     * The number of a constant.
     *
     * @param constant the constant
     * @return its number, from 0
     */
    @SuppressWarnings("EnumOrdinal") // the order of these enums is part of their documentation
    public static int of(Enum<?> constant) {
        return constant.ordinal();
    }

    /**
     * The constant of a number.
     *
     * @param constants all constants of the enum
     * @param number the number
     * @return the constant
     * @throws IllegalArgumentException if no constant has the number
     * @param <E> the enum
     */
    public static <E extends Enum<E>> E constant(E[] constants, int number) {
        if (number < 0 || number >= constants.length) {
            throw new IllegalArgumentException("number " + number + " is out of 0 to " + (constants.length - 1));
        }
        return constants[number];
    }

    /** The constant with the same number in another enum. */
    static <E extends Enum<E>> E same(E[] constants, Enum<?> other) {
        return constant(constants, of(other));
    }
}
