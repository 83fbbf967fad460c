// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * An operation on bits, such as {@code ct mark and 0xff}.
 *
 * @param operator the operator
 * @param left the left operand
 * @param right the right operand
 */
public record BinaryExpression(Operator operator, Expression left, Expression right) implements Expression {
    /** An operator on bits. */
    public enum Operator {
        /** {@code &}: the bits that both have. */
        AND("&"),
        /** {@code |}: the bits that one has. */
        OR("|"),
        /** {@code ^}: the bits that exactly one has. */
        XOR("^"),
        /** {@code <<}: moves the bits to the left. */
        SHIFT_LEFT("<<"),
        /** {@code >>}: moves the bits to the right. */
        SHIFT_RIGHT(">>");

        private final String symbol;

        Operator(String symbol) {
            this.symbol = symbol;
        }

        /**
         * The operator's symbol.
         *
         * @return one or two characters
         */
        public String symbol() {
            return symbol;
        }
    }
}
