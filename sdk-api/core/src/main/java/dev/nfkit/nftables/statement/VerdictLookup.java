// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;

/**
 * Decides by a map, such as {@code tcp dport vmap { 22 : accept, 23 : drop }}. The rule ends without a match for
 * packets that the map has no element for.
 *
 * @param key what is looked up
 * @param map a {@link SetLiteral} whose elements have verdicts, or a {@link SetReference} to a verdict map
 */
public record VerdictLookup(Expression key, Expression map) implements Statement {
    /**
     * Checks the map.
     *
     * @throws IllegalArgumentException if it is neither a literal nor a reference
     */
    public VerdictLookup {
        if (!(map instanceof SetLiteral) && !(map instanceof SetReference)) {
            throw new IllegalArgumentException("a verdict map is a SetLiteral or a SetReference");
        }
    }
}
