// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/** How one kind of instruction is read: its name, its attributes, and what makes the value of them. */
final class Format {
    /** Makes the value of attributes. */
    @FunctionalInterface
    interface Maker {
        /**
         * Makes it.
         *
         * @param values the attributes
         * @return the instruction
         * @throws IllegalArgumentException if the record does not model these values
         */
        Instruction make(AttributeValues values);
    }

    private final String name;
    private final Maker maker;
    private final boolean empty;
    private final @Nullable Attribute[] attributes = new @Nullable Attribute[Attribute.NUMBERS];

    Format(String name, Maker maker, Attribute... attributes) {
        this.name = name;
        this.maker = maker;
        this.empty = attributes.length == 0;
        for (Attribute attribute : attributes) {
            this.attributes[attribute.number()] = attribute;
        }
    }

    String name() {
        return name;
    }

    /** Whether the instruction has no {@code NFTA_EXPR_DATA}. */
    boolean empty() {
        return empty;
    }

    Instruction make(AttributeValues values) {
        return maker.make(values);
    }

    /** The attribute of a number, or null if the record does not model it. */
    @Nullable
    Attribute attribute(int number) {
        return number < attributes.length ? attributes[number] : null;
    }
}
