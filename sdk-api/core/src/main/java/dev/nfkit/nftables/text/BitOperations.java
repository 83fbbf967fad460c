// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.BinaryExpression.Operator;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Operations on bits in the form that nft prints. The kernel computes {@code (x & mask) ^ bits}, whatever was written,
 * and nft prints what that is: {@code x & mask ^ bits | bits}.
 */
final class BitOperations {
    private BitOperations() {}

    /** The printed form of an operation. */
    static Expression canonical(BinaryExpression binary) {
        if (Operators.isShift(binary.operator()) || !(binary.right() instanceof Constant last)) {
            return new BinaryExpression(binary.operator(), inner(binary.left()), inner(binary.right()));
        }
        BigInteger all = BigInteger.ONE.shiftLeft(last.bits()).subtract(BigInteger.ONE);
        BigInteger mask = all;
        BigInteger bits = BigInteger.ZERO;
        Expression operand = binary;
        while (operand instanceof BinaryExpression each
                && each.right() instanceof Constant
                && !Operators.isShift(each.operator())) {
            operand = each.left();
        }
        for (BinaryExpression each : chain(binary, operand)) {
            BigInteger value = ((Constant) each.right()).value();
            switch (each.operator()) {
                case AND -> {
                    mask = mask.and(value);
                    bits = bits.and(value);
                }
                case OR -> {
                    mask = mask.andNot(value);
                    bits = bits.or(value);
                }
                default -> bits = bits.xor(value);
            }
        }
        return printed(inner(operand), last, mask.and(all), bits.and(all), all);
    }

    private static List<BinaryExpression> chain(BinaryExpression outer, Expression end) {
        ArrayDeque<BinaryExpression> chain = new ArrayDeque<>();
        for (Expression each = outer; each != end && each instanceof BinaryExpression binary; each = binary.left()) {
            chain.addFirst(binary);
        }
        return List.copyOf(chain);
    }

    private static Expression inner(Expression expression) {
        return expression instanceof BinaryExpression binary ? canonical(binary) : expression;
    }

    private static Expression printed(
            Expression operand, Constant like, BigInteger mask, BigInteger bits, BigInteger all) {
        BigInteger set = bits.andNot(mask);
        BigInteger flipped = bits.and(mask);
        BigInteger kept = mask.or(set);
        Expression result = operand;
        if (!kept.equals(all)) {
            result = new BinaryExpression(Operator.AND, result, constant(like, kept));
        }
        if (flipped.signum() != 0) {
            result = new BinaryExpression(Operator.XOR, result, constant(like, flipped));
        }
        return set.signum() == 0 ? result : new BinaryExpression(Operator.OR, result, constant(like, set));
    }

    private static Constant constant(Constant like, BigInteger value) {
        return new Constant(like.type(), like.bits(), value);
    }
}
