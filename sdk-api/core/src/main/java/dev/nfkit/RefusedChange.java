// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A change of a batch that the kernel refused.
 *
 * @param index the change's place in the batch, from 0
 * @param change the change in words, such as {@code add chain inet nfkit input}
 * @param errno the kernel's error number
 * @param text the text of the extended acknowledgement, or null if the kernel gave none
 * @param attribute the attribute that the kernel objects to, from the outside in, such as {@code NFTA_CHAIN_TYPE}; null if
 *     it named none
 * @param place what the kernel objects to, if it was read from text; or null
 * @param refusal the cause, as far as it could be determined
 * @param explanation a sentence on cause and cure, or null if none is known
 */
public record RefusedChange(
        int index,
        String change,
        Errno errno,
        @Nullable String text,
        @Nullable String attribute,
        @Nullable Place place,
        Refusal refusal,
        @Nullable String explanation) {

    /**
     * The place of something in a text.
     *
     * @param line the line of its first character, from 1
     * @param column the column of its first character, from 1
     * @param text its characters
     */
    public record Place(int line, int column, String text) {}

    /**
     * The kernel's own text, from the extended acknowledgement ({@code NLMSGERR_ATTR_MSG}).
     *
     * @return the text, or empty if the kernel gave none
     */
    public Optional<String> kernelText() {
        return Optional.ofNullable(text);
    }

    /**
     * The attribute that the kernel objects to ({@code NLMSGERR_ATTR_OFFS}).
     *
     * @return the names of the attribute and those around it, from the outside in, divided by slashes; empty if the kernel
     *     named none
     */
    public Optional<String> refusedAttribute() {
        return Optional.ofNullable(attribute);
    }

    /**
     * What the kernel objects to, in the text that it was read from: a statement of a rule, the first if the
     * kernel names none, or the name of another object.
     *
     * @return its place; empty if it was not read from text
     */
    public Optional<Place> textPlace() {
        return Optional.ofNullable(place);
    }

    /**
     * Cause and cure in one sentence.
     *
     * @return the sentence, or empty if none is known
     */
    public Optional<String> cure() {
        return Optional.ofNullable(explanation);
    }

    /** The change, and its place in the text. */
    String inText() {
        return place == null
                ? change
                : change + " at line " + place.line + ", column " + place.column + " (" + PrintableText.of(place.text)
                        + ")";
    }

    /**
     * The change and why it was refused, safe to print.
     *
     * @return text such as {@code add chain inet nfkit input: ENOENT (No such file or directory) at NFTA_CHAIN_TABLE: there
     *     is no such table}
     */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(inText()).append(": ").append(errno);
        if (text != null) {
            line.append(": ").append(text);
        }
        if (attribute != null) {
            line.append(" at ").append(attribute);
        }
        if (explanation != null) {
            line.append(": ").append(explanation);
        }
        return PrintableText.of(line.toString());
    }
}
