// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.BinaryExpression.Operator;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Prints expressions, sets and maps, as nft does. */
public final class ExpressionPrinter {
    private final SetType.Lookup sets;
    private final ValuePrinter values;
    private final SelectorPrinter selectors;
    private final boolean stateless;

    /**
     * A printer.
     *
     * @param sets the sets that maps may be in
     * @param host the devices and the time zone
     */
    public ExpressionPrinter(SetType.Lookup sets, Host host) {
        this(sets, host, false);
    }

    /**
     * A printer.
     *
     * @param sets the sets that maps may be in
     * @param host the devices and the time zone
     * @param stateless whether it leaves out what was counted, and when elements expire
     */
    ExpressionPrinter(SetType.Lookup sets, Host host, boolean stateless) {
        this.sets = sets;
        this.values = new ValuePrinter(host);
        this.selectors = new SelectorPrinter(this::expression);
        this.stateless = stateless;
    }

    ValuePrinter values() {
        return values;
    }

    /** A statement that keeps a state, with what it counted or without. */
    String state(Statement statement) {
        return stateless ? StatefulPrinter.fresh(statement) : StatefulPrinter.print(statement);
    }

    List<ValueType> types(Expression expression) {
        return ValueType.of(expression, sets);
    }

    /**
     * Prints an expression.
     *
     * @param expression the expression
     * @return its text
     */
    public String expression(Expression expression) {
        if (expression instanceof Selector selector) {
            return selectors.selector(selector);
        } else if (expression instanceof BinaryExpression binary) {
            return BitOperations.canonical(binary) instanceof BinaryExpression operation
                    ? operation(operation)
                    : expression(BitOperations.canonical(binary));
        } else if (expression instanceof Concatenation concatenation) {
            return concatenation.parts().stream().map(this::expression).collect(Collectors.joining(" . "));
        } else if (expression instanceof MapLookup lookup) {
            return expression(lookup.key()) + " map " + set(lookup.map(), List.of());
        } else if (expression instanceof SetReference || expression instanceof SetLiteral) {
            return set(expression, List.of());
        }
        return values.value(expression);
    }

    private String operation(BinaryExpression binary) {
        int precedence = Operators.precedence(binary.operator());
        String left = binary.left() instanceof BinaryExpression inner
                ? inParentheses(operation(inner), Operators.precedence(inner.operator()) < precedence)
                : expression(binary.left());
        return left + " " + binary.operator().symbol() + " " + operand(binary, precedence);
    }

    private String operand(BinaryExpression binary, int precedence) {
        Expression right = binary.right();
        if (right instanceof BinaryExpression inner) {
            return inParentheses(expression(inner), Operators.precedence(inner.operator()) <= precedence);
        } else if (right instanceof Constant constant) {
            boolean raw =
                    types(binary.left()).stream().anyMatch(ValueType::raw) && !Operators.isShift(binary.operator());
            boolean several = constant.type().kind() == DataType.Kind.BITS
                    && constant.type() != DataType.BITMASK
                    && constant.value().bitCount() > 1
                    && binary.operator() != Operator.OR;
            return inParentheses(values.operand(constant, raw), several);
        }
        return expression(right);
    }

    private static String inParentheses(String text, boolean needed) {
        return needed ? "(" + text + ")" : text;
    }

    /**
     * Prints a set or map, or the reference to one.
     *
     * @param set the set
     * @param types the types of its keys
     * @return its text
     */
    public String set(Expression set, List<ValueType> types) {
        return set instanceof SetReference reference
                ? "@" + reference.name()
                : SetOrder.sorted(((SetLiteral) set).elements()).stream()
                        .map(element -> element(element, types))
                        .collect(Collectors.joining(", ", "{ ", " }"));
    }

    /**
     * The elements of a set or map in the order in which nft prints them.
     *
     * @param elements the elements
     * @return the same elements
     */
    public static List<SetElement> sorted(List<SetElement> elements) {
        return SetOrder.sorted(elements);
    }

    /**
     * Prints an element of a set or map.
     *
     * @param element the element
     * @param types the types of its key
     * @return its text
     */
    public String element(SetElement element, List<ValueType> types) {
        StringBuilder text = new StringBuilder(values.value(shortest(element.key()), types));
        element.state().forEach(state -> text.append(' ').append(state((Statement) state)));
        element.timeout().ifPresent(timeout -> text.append(" timeout ").append(TimeSpan.print(timeout)));
        if (!stateless) {
            element.expires().ifPresent(expires -> text.append(" expires ").append(TimeSpan.print(expires)));
        }
        element.comment()
                .ifPresent(comment -> text.append(" comment \"").append(comment).append('"'));
        element.data().ifPresent(data -> text.append(" : ").append(values.value(shortest(data))));
        return text.toString();
    }

    /** An interval of addresses that is a prefix, as such. */
    static Expression shortest(Expression value) {
        if (value instanceof Concatenation concatenation) {
            return new Concatenation(concatenation.parts().stream()
                    .map(ExpressionPrinter::shortest)
                    .toList());
        }
        return value instanceof Interval interval ? prefix(interval).orElse(value) : value;
    }

    private static Optional<Expression> prefix(Interval interval) {
        if (!interval.from().type().hasPrefixes()) {
            return Optional.empty();
        }
        int rest = interval.from().value().xor(interval.to().value()).bitLength();
        Prefix prefix = new Prefix(interval.from(), interval.from().bits() - rest);
        boolean whole = prefix.first().equals(interval.from()) && prefix.last().equals(interval.to()) && rest > 0;
        return whole ? Optional.of(prefix) : Optional.empty();
    }
}
