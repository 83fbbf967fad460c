// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Fib;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Wildcard;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictLookup;
import java.util.List;
import java.util.Optional;

/** Reads comparisons and verdict maps, whose left side was read. */
final class MatchParser {
    private static final List<ValueType> VERDICT = List.of(ValueType.of(DataType.VERDICT));

    private final TokenStream in;
    private final SetType.Lookup sets;
    private final ExpressionParser expressions;
    private final ElementParser elements;

    MatchParser(Scope scope, ExpressionParser expressions) {
        this.in = scope.in();
        this.sets = scope.sets();
        this.expressions = expressions;
        this.elements = expressions.elements();
    }

    Statement match(Expression left) {
        Token place = in.peek();
        if (in.accept("vmap")) {
            return in.checked(place, () -> new VerdictLookup(left, expressions.map(left, VERDICT)));
        } else if (in.at("map")) {
            throw in.refused("the data of a map cannot be compared; vmap decides by a map");
        }
        Optional<Operator> written = operator();
        Operator operator = written.orElse(Operator.IMPLICIT);
        if (in.atEnd()) {
            throw in.expected("a value to compare with");
        }
        List<ValueType> types = ValueType.of(left, sets);
        if (types.isEmpty()) {
            throw in.refused(place, "the left side has no type that a value can have");
        }
        boolean equality =
                operator == Operator.IMPLICIT || operator == Operator.EQUAL || operator == Operator.NOT_EQUAL;
        if (!equality && in.atAny("{", "@")) {
            throw in.refused("a set can only be compared by == and !=");
        }
        if (in.at("{")) {
            return literal(left, operator, elements.literal(types, List.of()));
        } else if (in.at("@") && !in.peek(2).is(",")) {
            return new Match(left, operator, expressions.reference(types, List.of()));
        } else if (types.size() == 1) {
            return single(left, operator, types.get(0));
        }
        if (!equality) {
            throw in.refused(place, "a concatenation can only be compared by == and !=");
        }
        return new Match(left, operator, elements.value(types, types.size()));
    }

    private Optional<Operator> operator() {
        for (Operator operator : Operator.values()) {
            if (operator != Operator.IMPLICIT && in.accept(operator.symbol())) {
                return Optional.of(operator);
            }
        }
        Optional<Operator> word = Optional.ofNullable(
                switch (in.peek().kind() == Token.Kind.WORD ? in.peek().text() : "") {
                    case "eq" -> Operator.EQUAL;
                    case "ne" -> Operator.NOT_EQUAL;
                    case "lt" -> Operator.LESS;
                    case "gt" -> Operator.GREATER;
                    case "le" -> Operator.LESS_OR_EQUAL;
                    case "ge" -> Operator.GREATER_OR_EQUAL;
                    default -> null;
                });
        word.ifPresent(found -> in.next());
        return word;
    }

    /** A set of one value is the value itself. */
    private static Match literal(Expression left, Operator operator, SetLiteral written) {
        SetElement only = written.elements().get(0);
        boolean single = written.elements().size() == 1
                && only.key() != Wildcard.ANY
                && !(only.key() instanceof Concatenation)
                && only.comment().isEmpty()
                && only.state().isEmpty();
        return new Match(left, operator, single ? only.key() : SetMerge.merged(written));
    }

    private Match single(Expression left, Operator operator, ValueType type) {
        boolean flags = type.type().kind() == DataType.Kind.BITS;
        if (left instanceof Fib fib && fib.result() == Fib.Result.OIF && in.atAny("exists", "missing")) {
            return new Match(left, operator, elements.atom(ValueType.of(DataType.BOOLEAN)));
        } else if (!flags && operator == Operator.NONE_OF) {
            throw in.refused("\"!\" needs flags on its left side");
        } else if (!flags) {
            elements.reversed();
            Token place = in.peek();
            Expression value = elements.value(List.of(type), 1);
            boolean ordered =
                    operator != Operator.IMPLICIT && operator != Operator.EQUAL && operator != Operator.NOT_EQUAL;
            if (ordered && !(value instanceof Constant)) {
                throw in.refused(place, "only single numbers can be compared by " + operator.symbol());
            }
            return elements.reversed() ? new Match(left, opposite(operator), value) : new Match(left, operator, value);
        }
        Constant value = elements.bits(type);
        if (in.accept("/")) {
            Constant mask = elements.bits(type);
            Operator compared = operator == Operator.IMPLICIT ? Operator.EQUAL : operator;
            return new Match(new BinaryExpression(BinaryExpression.Operator.AND, left, mask), compared, value);
        }
        return new Match(left, operator, value);
    }

    private Operator opposite(Operator operator) {
        return switch (operator) {
            case IMPLICIT, EQUAL -> Operator.NOT_EQUAL;
            case NOT_EQUAL -> Operator.IMPLICIT;
            default -> throw in.refused("an interval over midnight cannot be ordered");
        };
    }
}
