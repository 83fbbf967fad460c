// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;

/** Prints comparisons as JSON, as nft does. */
final class JsonMatches {
    private static final String IN = "in";

    private final JsonExpressions expressions;
    private final JsonValues values;

    JsonMatches(JsonExpressions expressions) {
        this.expressions = expressions;
        this.values = expressions.values();
    }

    String match(Match written) {
        Match match = MatchPrinter.canonical(written);
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

    /** A comparison of some bits of a value, which has shorter forms for addresses and flags. */
    private String masked(Match match, Expression left, Constant mask, Constant value) {
        boolean negated = match.operator() == Operator.NOT_EQUAL;
        String selector = expressions.expression(left);
        if (MatchPrinter.flags(left, mask, value)) {
            if (value.value().signum() == 0 && mask.value().signum() != 0) {
                return match(negated ? IN : "!", selector, values.list(mask));
            }
            return match(
                    negated ? "!=" : "==",
                    Json.object("&", Json.array(selector, values.list(mask))),
                    values.list(value));
        }
        return MatchPrinter.prefix(mask, value)
                ? match(negated ? "!=" : "==", selector, values.value(new Prefix(value, MatchPrinter.length(mask))))
                : plain(match);
    }

    private String plain(Match match) {
        boolean bits =
                match.right() instanceof Constant constant && constant.type().kind() == DataType.Kind.BITS;
        String operator = switch (match.operator()) {
            case IMPLICIT -> bits && !(match.left() instanceof BinaryExpression) ? IN : "==";
            default -> match.operator().symbol();
        };
        return match(operator, expressions.expression(match.left()), right(match));
    }

    private String right(Match match) {
        Expression right = match.right();
        if (right instanceof Constant constant && constant.type().kind() == DataType.Kind.BITS) {
            boolean list = match.operator() == Operator.IMPLICIT || match.operator() == Operator.NONE_OF;
            boolean several = constant.value().bitCount() > 1;
            if (list || match.left() instanceof BinaryExpression) {
                return values.list(constant);
            }
            return !several || constant.type().hostOrder()
                    ? values.constant(constant)
                    : JsonValues.integer(constant.value());
        }
        return expressions.expression(right);
    }

    private static String match(String operator, String left, String right) {
        return Json.object("match", Json.object("op", Json.string(operator), "left", left, "right", right));
    }
}
