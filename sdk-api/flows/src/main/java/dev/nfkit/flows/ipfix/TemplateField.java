// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * One field of a template.
 *
 * @param element what it contains
 * @param length its bytes, 1 to 65534, or {@link #VARIABLE}
 */
public record TemplateField(InformationElement element, int length) {
    /** The length of a field that has its length in each record. */
    public static final int VARIABLE = 0xffff;

    /**
     * Verifies the length.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public TemplateField {
        if (length < 1 || length > VARIABLE) {
            throw new IllegalArgumentException("length is from 1 to " + VARIABLE + ", not " + length);
        }
    }

    /**
     * Whether each record has the field's length.
     *
     * @return whether the length is {@link #VARIABLE}
     */
    public boolean isVariable() {
        return length == VARIABLE;
    }

    /** The least number of bytes that it takes. */
    int leastLength() {
        return isVariable() ? 1 : length;
    }
}
