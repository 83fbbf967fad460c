// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;

/**
 * Compares an expression with a value. The rule ends here for packets that do not match.
 *
 * <pre>{@code
 * Match.of(HeaderField.TCP_DPORT, Constant.port(443))
 * }</pre>
 *
 * @param left what is read from the packet: a selector, a concatenation, or an operation on bits
 * @param operator the comparison
 * @param right the value: a constant, text, prefix, interval, set, reference to a set, or a concatenation of constants
 */
public record Match(Expression left, Operator operator, Expression right) implements Statement {
    /** A comparison. */
    public enum Operator {
        /**
         * Written without an operator: equal, in the prefix, in the interval, in the set; for a set of bits, one of
         * its bits is set.
         */
        IMPLICIT(""),
        /** {@code ==}: equal, in the prefix, in the interval, in the set. */
        EQUAL("=="),
        /** {@code !=}: the opposite of {@link #EQUAL}. */
        NOT_EQUAL("!="),
        /** {@code <}: less. */
        LESS("<"),
        /** {@code >}: greater. */
        GREATER(">"),
        /** {@code <=}: less or equal. */
        LESS_OR_EQUAL("<="),
        /** {@code >=}: greater or equal. */
        GREATER_OR_EQUAL(">="),
        /** {@code !}: none of the bits is set. */
        NONE_OF("!");

        private final String symbol;

        Operator(String symbol) {
            this.symbol = symbol;
        }

        /**
         * The operator's symbol.
         *
         * @return one or two characters, or an empty text for {@link #IMPLICIT}
         */
        public String symbol() {
            return symbol;
        }
    }

    /**
     * A comparison without an operator.
     *
     * @param left what is read from the packet
     * @param right the value
     * @return the statement
     */
    public static Match of(Expression left, Expression right) {
        return new Match(left, Operator.IMPLICIT, right);
    }
}
