// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.List;

/**
 * Several expressions that are compared together, such as {@code ip saddr . tcp dport}.
 *
 * @param parts two or more, none of which is a concatenation itself
 */
public record Concatenation(List<Expression> parts) implements Expression {
    /**
     * Copies the parts.
     *
     * @throws IllegalArgumentException if there are fewer than two, or one is a concatenation
     */
    public Concatenation {
        parts = List.copyOf(parts);
        if (parts.size() < 2 || parts.stream().anyMatch(Concatenation.class::isInstance)) {
            throw new IllegalArgumentException("a concatenation has two or more parts that are none themselves");
        }
    }

    /**
     * A concatenation.
     *
     * @param parts two or more
     * @return the concatenation
     * @throws IllegalArgumentException if there are fewer than two, or one is a concatenation
     */
    public static Concatenation of(Expression... parts) {
        return new Concatenation(List.of(parts));
    }
}
