// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

/** The verdict that is printed with a packet. */
public interface ShownVerdict {
    /** Writes the members of a JSON object. */
    void members(JsonObject json);

    /** Writes the text after the arrow, for people. */
    void describe(StringBuilder line);
}
