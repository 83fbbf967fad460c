// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.BinaryExpression.Operator;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads expressions: selectors, operations on their bits, concatenations, lookups in maps. */
public final class ExpressionParser {
    private final TokenStream in;
    private final SetType.Lookup sets;
    private final SelectorParser selectors;
    private final ElementParser elements;

    /**
     * A parser.
     *
     * @param scope the tokens and what they depend on
     */
    public ExpressionParser(Scope scope) {
        this.in = scope.in();
        this.sets = scope.sets();
        this.selectors = new SelectorParser(scope, this::expression);
        this.elements = new ElementParser(scope);
    }

    /**
     * The parser of values and elements.
     *
     * @return the parser that this one uses
     */
    public ElementParser elements() {
        return elements;
    }

    /**
     * Whether an expression begins here that reads from the packet, and not a value.
     *
     * @return true for a selector
     */
    public boolean begins() {
        int distance = 0;
        while (in.peek(distance).is("(")) {
            distance++;
        }
        return distance == 0 ? SelectorNames.begin(in) : SelectorNames.word(in.peek(distance));
    }

    /**
     * Reads what a rule reads from the packet: one expression, or a concatenation.
     *
     * @return the expression
     */
    public Expression expression() {
        List<Expression> parts = new ArrayList<>();
        do {
            parts.add(operation(0, Optional.empty()));
        } while (in.accept("."));
        return parts.size() == 1 ? parts.get(0) : new Concatenation(parts);
    }

    private Expression operation(int least, Optional<ValueType> context) {
        Expression left = operand(context);
        Optional<Operator> operator = Operators.of(in.peek());
        while (operator.isPresent() && Operators.precedence(operator.get()) > least) {
            Token place = in.next();
            List<ValueType> types = ValueType.of(left, sets);
            if (types.isEmpty() || types.get(0).type().kind() == DataType.Kind.TEXT) {
                throw in.refused(place, "this operand has no bits to operate on");
            }
            ValueType type = Operators.isShift(operator.get()) ? ValueType.of(DataType.INTEGER) : types.get(0);
            Expression right = operation(Operators.precedence(operator.get()), Optional.of(type));
            left = combined(operator.get(), left, right);
            operator = Operators.of(in.peek());
        }
        return left;
    }

    private static Expression combined(Operator operator, Expression left, Expression right) {
        if (left instanceof Constant first && right instanceof Constant second) {
            return new Constant(
                    first.type(),
                    first.bits(),
                    Operators.compute(operator, first.value(), second.value(), first.bits()));
        }
        return new BinaryExpression(operator, left, right);
    }

    private Expression operand(Optional<ValueType> context) {
        if (in.accept("(")) {
            Expression inner = in.nested(() -> operation(0, context));
            in.expect(")");
            return inner;
        } else if (SelectorNames.begin(in)) {
            return selectors.selector();
        } else if (context.isPresent()) {
            return elements.atom(context.get());
        } else if (in.peek().kind() == Token.Kind.WORD
                && SelectorNames.names(in.peek().text())) {
            return selectors.selector();
        }
        throw in.expected("an expression such as tcp dport or ct state");
    }

    /**
     * Reads a value to be written: a constant, an expression, or the data of a map.
     *
     * @param types the types of the value's parts
     * @param least the least number of parts that it must have
     * @return the value
     */
    public Expression value(List<ValueType> types, int least) {
        if (!begins()) {
            return elements.value(types, least);
        }
        Token place = in.peek();
        Expression key = expression();
        return in.accept("map") ? in.checked(place, () -> new MapLookup(key, map(key, types))) : key;
    }

    /** Whether a value is read from the packet or a map, and not written in the rule. */
    boolean isRead(Expression value) {
        return value instanceof Selector || value instanceof BinaryExpression || value instanceof MapLookup;
    }

    /**
     * Reads a map, whose keyword was read.
     *
     * @param key the expression that is looked up
     * @param data the types of the data
     * @return elements, or the name of a map
     */
    public Expression map(Expression key, List<ValueType> data) {
        return in.at("@") ? reference(ValueType.of(key, sets), data) : elements.literal(ValueType.of(key, sets), data);
    }

    /**
     * Reads the name of a set or map, with its at sign.
     *
     * @param key the types of what is looked up
     * @param data the types of a map's data; none for a set
     * @return the name
     */
    public SetReference reference(List<ValueType> key, List<ValueType> data) {
        Token place = in.peek();
        in.expect("@");
        String name = in.identifier("the name of a set");
        Optional<SetType> type = sets.find(name);
        if (type.isPresent() && type.get().data().isEmpty() != data.isEmpty()) {
            throw in.refused(place, data.isEmpty() ? name + " is a map, not a set" : name + " is a set, not a map");
        }
        type.ifPresent(found -> requireKey(place, found, key));
        return in.checked(place, () -> new SetReference(name));
    }

    /** Requires that a set has keys of these types. */
    void requireKey(Token place, SetType set, List<ValueType> key) {
        boolean same = key.size() == set.key().size();
        for (int part = 0; same && part < key.size(); part++) {
            DataType wanted = key.get(part).type();
            DataType had = set.key().get(part);
            same = wanted == had || (wanted.kind() == DataType.Kind.TEXT && had.kind() == DataType.Kind.TEXT);
        }
        if (!key.isEmpty() && !same) {
            throw in.refused(
                    place,
                    "the set has keys of type "
                            + set.key().stream().map(DataType::text).collect(Collectors.joining(" . ")) + ", not "
                            + key.stream().map(part -> part.type().text()).collect(Collectors.joining(" . ")));
        }
    }
}
