// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values of one instruction's attributes as they were read. A record takes what it models. A value that is missing,
 * that is out of range, or that nothing takes, is not modelled: the instruction is then kept as bytes.
 */
final class AttributeValues {
    private final @Nullable Object[] values = new @Nullable Object[Attribute.NUMBERS];
    private final boolean[] taken = new boolean[Attribute.NUMBERS];

    void clear() {
        Arrays.fill(values, null);
        Arrays.fill(taken, false);
    }

    /** Whether the attribute occurred already. */
    boolean has(Attribute attribute) {
        return values[attribute.number()] != null;
    }

    void set(Attribute attribute, Object value) {
        values[attribute.number()] = value;
    }

    /** Whether a record took each value. */
    boolean allTaken() {
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null && !taken[i]) {
                return false;
            }
        }
        return true;
    }

    private @Nullable Object take(Attribute attribute) {
        taken[attribute.number()] = true;
        return values[attribute.number()];
    }

    private Object need(Attribute attribute) {
        Object value = take(attribute);
        if (value == null) {
            throw new IllegalArgumentException(attribute + " is missing");
        }
        return value;
    }

    long number(Attribute attribute) {
        return (Long) need(attribute);
    }

    long number(Attribute attribute, long absent) {
        Long value = numberOrNull(attribute);
        return value == null ? absent : value;
    }

    @Nullable
    Long numberOrNull(Attribute attribute) {
        return (Long) take(attribute);
    }

    int small(Attribute attribute) {
        return (int) Checks.range("attribute", number(attribute), 0, Integer.MAX_VALUE);
    }

    int small(Attribute attribute, int absent) {
        Integer value = smallOrNull(attribute);
        return value == null ? absent : value;
    }

    @Nullable
    Integer smallOrNull(Attribute attribute) {
        Long value = numberOrNull(attribute);
        return value == null ? null : (int) Checks.range("attribute", value.longValue(), 0, Integer.MAX_VALUE);
    }

    <E extends Enum<E>> E choice(Attribute attribute, E[] choices) {
        return choices[(int) Checks.range("attribute", number(attribute), 0, choices.length - 1L)];
    }

    <E extends Enum<E>> E choice(Attribute attribute, E[] choices, E absent) {
        return has(attribute) ? choice(attribute, choices) : absent;
    }

    String text(Attribute attribute) {
        return (String) need(attribute);
    }

    @Nullable
    String textOrNull(Attribute attribute) {
        return (String) take(attribute);
    }

    Opaque bytes(Attribute attribute) {
        return (Opaque) need(attribute);
    }

    Data data(Attribute attribute) {
        return (Data) need(attribute);
    }

    Constant constant(Attribute attribute) {
        Constant constant = constantOrNull(attribute);
        if (constant == null) {
            throw new IllegalArgumentException(attribute + " is missing");
        }
        return constant;
    }

    @Nullable
    Constant constantOrNull(Attribute attribute) {
        Object value = take(attribute);
        if (value instanceof Verdict) {
            throw new IllegalArgumentException(attribute + " is a verdict");
        }
        return (Constant) value;
    }

    Instruction instruction(Attribute attribute) {
        return (Instruction) need(attribute);
    }

    @SuppressWarnings("unchecked") // the reader sets nothing else for this shape
    List<Instruction> list(Attribute attribute) {
        return (List<Instruction>) need(attribute);
    }
}
