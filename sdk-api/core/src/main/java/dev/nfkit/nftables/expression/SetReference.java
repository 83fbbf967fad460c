// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * A named set or map of the same table, such as {@code @blocked}.
 *
 * @param name the name, without the at sign
 */
public record SetReference(String name) implements Expression {
    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is not a name of nftables
     */
    public SetReference {
        Names.require("set", name);
    }
}
