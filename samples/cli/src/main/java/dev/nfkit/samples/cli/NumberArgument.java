package dev.nfkit.samples.cli;

/** Numbers as they are typed: decimal, or hexadecimal behind {@code 0x}. */
final class NumberArgument {
    private NumberArgument() {}

    /**
     * Reads a number from 0.
     *
     * @param option what it is of, for the failure
     * @param text as it was typed
     * @param most the largest that is possible
     */
    static long parse(String option, String text, long most) throws Failure {
        try {
            long value = Long.decode(text);
            if (value >= 0 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Failure.usage(option + " " + text + ": a number of 0 to " + most + " is wanted");
    }
}
