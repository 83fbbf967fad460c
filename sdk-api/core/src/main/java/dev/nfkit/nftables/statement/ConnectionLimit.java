// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Stateful;

/**
 * Matches up to a number of connections, such as {@code ct count 20}.
 *
 * @param count the number of connections, 0 to 2³²−1
 * @param over true to match what exceeds the number instead
 */
public record ConnectionLimit(long count, boolean over) implements Statement, Stateful {
    private static final long LARGEST = 0xffff_ffffL;

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public ConnectionLimit {
        if (count < 0 || count > LARGEST) {
            throw new IllegalArgumentException("count " + count + " is out of 0 to " + LARGEST);
        }
    }
}
