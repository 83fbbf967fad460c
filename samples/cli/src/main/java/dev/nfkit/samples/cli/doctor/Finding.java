// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import java.util.Optional;

/**
 * The result of one check.
 *
 * @param health whether it is as nfkit needs it
 * @param check what was checked, one word or an option of the kernel
 * @param text what was found
 * @param cure what to do, if it is not well
 */
record Finding(Health health, String check, String text, Optional<String> cure) {
    static Finding ok(String check, String text) {
        return new Finding(Health.OK, check, text, Optional.empty());
    }

    static Finding warning(String check, String text, String cure) {
        return new Finding(Health.WARNING, check, text, Optional.of(cure));
    }

    static Finding problem(String check, String text, String cure) {
        return new Finding(Health.PROBLEM, check, text, Optional.of(cure));
    }
}
