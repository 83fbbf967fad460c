// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import java.math.BigInteger;
import java.util.List;
import java.util.Set;

/** Prints comparisons, as nft does. */
final class MatchPrinter {
    private static final Set<DataType> ADDRESSES =
            Set.of(DataType.IPV4_ADDR, DataType.IPV6_ADDR, DataType.ETHER_ADDR, DataType.LL_ADDR);

    private final ExpressionPrinter expressions;
    private final ValuePrinter values;

    MatchPrinter(ExpressionPrinter expressions) {
        this.expressions = expressions;
        this.values = expressions.values();
    }

    String match(Match written) {
        Match match = canonical(written);
        boolean equality = switch (match.operator()) {
            case IMPLICIT, EQUAL, NOT_EQUAL -> true;
            default -> false;
        };
        if (equality
                && match.right() instanceof Constant value
                && match.left() instanceof BinaryExpression binary
                && binary.operator() == BinaryExpression.Operator.AND
                && binary.right() instanceof Constant mask) {
            return masked(match, binary.left(), mask, value);
        }
        return plain(match);
    }

    /** The comparison as the kernel has it: without operations that change nothing, and masks for some prefixes. */
    static Match canonical(Match written) {
        return masks(simplified(written));
    }

    /** A comparison whose operation on bits changes nothing is one without the operation. */
    private static Match simplified(Match match) {
        return match.left() instanceof BinaryExpression binary
                        && !(BitOperations.canonical(binary) instanceof BinaryExpression)
                ? new Match(
                        BitOperations.canonical(binary),
                        match.operator() == Operator.IMPLICIT ? Operator.EQUAL : match.operator(),
                        match.right())
                : match;
    }

    /** A comparison of some bits of a value, which has shorter forms for addresses and flags. */
    private String masked(Match match, Expression left, Constant mask, Constant value) {
        boolean negated = match.operator() == Operator.NOT_EQUAL;
        String selector = expressions.expression(left);
        if (flags(left, mask, value)) {
            String flags = values.constant(mask, false, ",");
            return value.value().signum() == 0 && mask.value().signum() != 0
                    ? selector + (negated ? " " : " ! ") + flags
                    : selector + (negated ? " != " : " ") + values.constant(value, false, ",") + " / " + flags;
        }
        return prefix(mask, value)
                ? selector + (negated ? " != " : " ") + values.value(new Prefix(value, length(mask)))
                : plain(match);
    }

    /** Whether a comparison of some bits is printed as one of flags. */
    static boolean flags(Expression left, Constant mask, Constant value) {
        boolean whole = mask.value().bitCount() == mask.bits();
        boolean none = value.value().signum() == 0 && mask.value().signum() != 0;
        return value.type().kind() == DataType.Kind.BITS
                && !(left instanceof BinaryExpression)
                && !whole
                && hasNames(value)
                && (none || mask.value().bitCount() != 1 || !mask.equals(value));
    }

    /** Whether a comparison of some bits is printed as one with a network. */
    static boolean prefix(Constant mask, Constant value) {
        boolean address = value.type() == DataType.IPV4_ADDR || value.type() == DataType.IPV6_ADDR;
        return address
                && (length(mask) > 0 || mask.value().signum() == 0)
                && value.value().andNot(mask.value()).signum() == 0;
    }

    private static boolean hasNames(Constant value) {
        return value.type() != DataType.BITMASK;
    }

    /** The length of the prefix that a mask keeps, or 0 if it keeps none. */
    static int length(Constant mask) {
        int rest = Math.max(0, mask.value().getLowestSetBit());
        BigInteger whole = BigInteger.ONE.shiftLeft(mask.bits()).subtract(BigInteger.ONE);
        return mask.value().equals(whole.shiftRight(rest).shiftLeft(rest))
                        && mask.value().signum() != 0
                ? mask.bits() - rest
                : 0;
    }

    private String plain(Match match) {
        List<ValueType> types = expressions.types(match.left());
        return expressions.expression(match.left()) + operator(match) + right(match, types);
    }

    private static String operator(Match match) {
        Operator operator = match.operator();
        if (operator != Operator.IMPLICIT && operator != Operator.EQUAL) {
            return " " + operator.symbol() + " ";
        }
        boolean operation = match.left() instanceof BinaryExpression
                && !(match.right() instanceof Interval)
                && !(match.right() instanceof Prefix);
        boolean flags = operator == Operator.EQUAL
                && match.right() instanceof Constant constant
                && constant.type().kind() == DataType.Kind.BITS;
        return operation || flags ? " == " : " ";
    }

    private String right(Match match, List<ValueType> types) {
        Expression right = match.right();
        if (right instanceof SetLiteral || right instanceof SetReference) {
            return expressions.set(right, types);
        } else if (right instanceof Constant constant && constant.type().kind() == DataType.Kind.BITS) {
            boolean list = match.operator() == Operator.IMPLICIT || match.operator() == Operator.NONE_OF;
            boolean several = constant.value().bitCount() > 1;
            return list
                            || !several
                            || match.left() instanceof BinaryExpression
                            || constant.type().hostOrder()
                    ? values.constant(constant, false, list ? "," : " | ")
                    : Symbols.padded(constant.value(), 1);
        }
        boolean operation = match.left() instanceof BinaryExpression && right instanceof Constant;
        return operation
                ? values.operand((Constant) right, types.stream().anyMatch(ValueType::raw))
                : values.value(right, types);
    }

    /** A prefix of a number whose length is no whole byte is a mask to the kernel, and nft prints it as such. */
    private static Match masks(Match match) {
        if (!(match.right() instanceof Prefix prefix)
                || !(match.left() instanceof HeaderField)
                || prefix.length() % Byte.SIZE == 0
                || ADDRESSES.contains(prefix.value().type())) {
            return match;
        }
        Constant value = prefix.value();
        BigInteger mask = prefix.last()
                .value()
                .xor(prefix.first().value())
                .not()
                .and(BigInteger.ONE.shiftLeft(value.bits()).subtract(BigInteger.ONE));
        return new Match(
                new BinaryExpression(
                        BinaryExpression.Operator.AND, match.left(), new Constant(value.type(), value.bits(), mask)),
                match.operator(),
                prefix.first());
    }
}
