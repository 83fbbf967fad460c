// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.samples.cli.run.Failure;

/** Parses numeric arguments: decimal, or hexadecimal with the prefix {@code 0x}. */
public final class NumberArgument {
    private NumberArgument() {}

    /**
     * Parses a number from 0.
     *
     * @param option the option, for the failure message
     * @param text the argument
     * @param most the largest permitted value
     */
    public static long parse(String option, String text, long most) throws Failure {
        try {
            long value = Long.decode(text);
            if (value >= 0 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw Failure.usage(option + " " + text + ": expected a number of 0 to " + most);
    }
}
