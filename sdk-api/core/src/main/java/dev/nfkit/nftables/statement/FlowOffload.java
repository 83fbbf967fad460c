// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Names;

/**
 * Moves the connection to a flow table ({@code flow add @name}).
 *
 * @param flowtable the flow table's name, without the at sign
 */
public record FlowOffload(String flowtable) implements Statement {
    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is not one of nftables
     */
    public FlowOffload {
        Names.require("flowtable", flowtable);
    }
}
