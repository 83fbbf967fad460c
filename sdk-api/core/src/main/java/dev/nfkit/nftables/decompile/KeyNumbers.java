package dev.nfkit.nftables.decompile;

/** Enums whose constants are in the order of the kernel's numbers. */
final class KeyNumbers {
    private KeyNumbers() {}

    @SuppressWarnings("EnumOrdinal") // the order of these enums is part of their documentation
    static int of(Enum<?> constant) {
        return constant.ordinal();
    }

    static <E extends Enum<E>> E constant(E[] constants, int number) {
        if (number < 0 || number >= constants.length) {
            throw LoadReader.unknown("number", number);
        }
        return constants[number];
    }
}
