// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * The values from one to another, both included, such as {@code 1024-65535}.
 *
 * @param from the least value
 * @param to the greatest value, of the same type and size
 */
public record Interval(Constant from, Constant to) implements Expression {
    /**
     * Checks the ends.
     *
     * @throws IllegalArgumentException if the ends differ in size, or the first exceeds the second
     */
    public Interval {
        if (from.bits() != to.bits()) {
            throw new IllegalArgumentException(
                    "an interval from a value of " + from.bits() + " bits to one of " + to.bits());
        }
        if (from.value().compareTo(to.value()) > 0) {
            throw new IllegalArgumentException(
                    "an interval from " + from.value() + " to " + to.value() + ": the first exceeds the second");
        }
    }
}
