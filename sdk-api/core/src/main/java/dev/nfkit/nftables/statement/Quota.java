// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Stateful;

/**
 * Matches until a number of bytes has passed, such as {@code quota 10 mbytes}.
 *
 * @param bytes the quota in bytes, not negative
 * @param used the bytes that were used until now
 * @param over true to match what exceeds the quota instead
 */
public record Quota(long bytes, long used, boolean over) implements Statement, Stateful {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public Quota {
        if (bytes < 0 || used < 0) {
            throw new IllegalArgumentException("bytes " + bytes + " and used " + used + " must not be negative");
        }
    }
}
