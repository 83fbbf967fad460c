// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

/** How well something is. */
enum Health {
    OK("ok"),
    /** Something that some uses need is missing, or packets may be lost. */
    WARNING("warning"),
    /** What was asked for cannot work. */
    PROBLEM("problem");

    private final String word;

    Health(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
