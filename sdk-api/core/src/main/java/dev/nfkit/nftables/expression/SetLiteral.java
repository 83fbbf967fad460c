// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Arrays;
import java.util.List;

/**
 * A set or map that is written in a rule and cannot change, such as {@code { 80, 443 }}.
 *
 * @param elements one or more; all of them have data, or none has
 */
public record SetLiteral(List<SetElement> elements) implements Expression {
    /**
     * Copies the elements.
     *
     * @throws IllegalArgumentException if there is none, or some have data and some have none
     */
    public SetLiteral {
        elements = List.copyOf(elements);
        long mapped =
                elements.stream().filter(element -> element.data().isPresent()).count();
        if (elements.isEmpty() || (mapped != 0 && mapped != elements.size())) {
            throw new IllegalArgumentException("a set has one or more elements, all of them with data or all without");
        }
    }

    /**
     * A set of values.
     *
     * @param keys one or more
     * @return the set
     * @throws IllegalArgumentException if there is none
     */
    public static SetLiteral of(Expression... keys) {
        return new SetLiteral(Arrays.stream(keys).map(SetElement::of).toList());
    }
}
