// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Stateful;

/**
 * Counts packets and bytes.
 *
 * @param packets the number of packets until now, or at the start of a new rule
 * @param bytes the number of bytes until now, or at the start of a new rule
 */
public record Counter(long packets, long bytes) implements Statement, Stateful {
    /** A counter that begins at zero. */
    public static final Counter ZERO = new Counter(0, 0);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public Counter {
        if (packets < 0 || bytes < 0) {
            throw new IllegalArgumentException("packets " + packets + " and bytes " + bytes + " must not be negative");
        }
    }
}
