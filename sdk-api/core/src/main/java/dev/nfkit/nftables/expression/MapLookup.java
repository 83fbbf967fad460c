// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * The data of a map's element, such as {@code ip saddr map { 10.0.0.1 : 7 }}. If the map has no such element, the rule
 * ends without a match.
 *
 * @param key what is looked up
 * @param map a {@link SetLiteral} whose elements have data, or a {@link SetReference} to a map
 */
public record MapLookup(Expression key, Expression map) implements Expression {
    /**
     * Checks the map.
     *
     * @throws IllegalArgumentException if it is neither a literal nor a reference
     */
    public MapLookup {
        if (!(map instanceof SetLiteral) && !(map instanceof SetReference)) {
            throw new IllegalArgumentException("a map is a SetLiteral or a SetReference");
        }
    }
}
