// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression.Operator;
import java.math.BigInteger;
import java.util.Optional;

/** The operators on bits: their spellings, how tightly they bind, and what they compute. */
final class Operators {
    private Operators() {}

    static Optional<Operator> of(Token token) {
        if (token.kind() != Token.Kind.SYMBOL && token.kind() != Token.Kind.WORD) {
            return Optional.empty();
        }
        return Optional.ofNullable(
                switch (token.text()) {
                    case "&", "and" -> Operator.AND;
                    case "|", "or" -> Operator.OR;
                    case "^", "xor" -> Operator.XOR;
                    case "<<", "lshift" -> Operator.SHIFT_LEFT;
                    case ">>", "rshift" -> Operator.SHIFT_RIGHT;
                    default -> null;
                });
    }

    /** The higher, the tighter. */
    static int precedence(Operator operator) {
        return switch (operator) {
            case OR -> 1;
            case XOR -> 2;
            case AND -> 3;
            case SHIFT_LEFT, SHIFT_RIGHT -> 4;
        };
    }

    static boolean isShift(Operator operator) {
        return operator == Operator.SHIFT_LEFT || operator == Operator.SHIFT_RIGHT;
    }

    static BigInteger compute(Operator operator, BigInteger left, BigInteger right, int bits) {
        BigInteger all = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
        int distance = right.min(BigInteger.valueOf(bits)).intValue();
        return switch (operator) {
            case AND -> left.and(right);
            case OR -> left.or(right);
            case XOR -> left.xor(right);
            case SHIFT_LEFT -> left.shiftLeft(distance).and(all);
            case SHIFT_RIGHT -> left.shiftRight(distance);
        };
    }
}
