package dev.nfkit.nftables.compile;

/** Enums whose constants are in the order of the kernel's numbers. */
final class KernelNumbers {
    private KernelNumbers() {}

    @SuppressWarnings("EnumOrdinal") // the order of these enums is part of their documentation
    static int of(Enum<?> constant) {
        return constant.ordinal();
    }

    static <E extends Enum<E>> E constant(E[] constants, int number) {
        return constants[number];
    }

    /** The constant with the same number in another enum. */
    static <E extends Enum<E>> E same(E[] constants, Enum<?> other) {
        return constants[of(other)];
    }
}
