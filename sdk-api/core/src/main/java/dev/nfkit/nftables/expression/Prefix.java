// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.math.BigInteger;

/**
 * All values that begin with the same bits, such as {@code 10.0.0.0/8}.
 *
 * @param value the first of the values; the bits after the prefix may be set, and are ignored
 * @param length the number of bits that are the same, 0 to the value's size
 */
public record Prefix(Constant value, int length) implements Expression {
    /**
     * Checks the length.
     *
     * @throws IllegalArgumentException if the length exceeds the value's size
     */
    public Prefix {
        if (length < 0 || length > value.bits()) {
            throw new IllegalArgumentException("prefix length " + length + " is out of 0 to " + value.bits());
        }
    }

    /**
     * The first value of the prefix.
     *
     * @return the value without the bits after the prefix
     */
    public Constant first() {
        int rest = value.bits() - length;
        return new Constant(
                value.type(), value.bits(), value.value().shiftRight(rest).shiftLeft(rest));
    }

    /**
     * The last value of the prefix.
     *
     * @return the value with all bits after the prefix set
     */
    public Constant last() {
        int rest = value.bits() - length;
        return new Constant(
                value.type(),
                value.bits(),
                first().value().or(BigInteger.ONE.shiftLeft(rest).subtract(BigInteger.ONE)));
    }
}
