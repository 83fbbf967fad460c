// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.SetUpdate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads statements that change sets: {@code add @s}, {@code update @s}, {@code delete @s}, {@code meter}. */
final class UpdateParser {
    private static final long LARGEST_SIZE = 0xffff_ffffL;

    private final TokenStream in;
    private final SetType.Lookup sets;
    private final ExpressionParser expressions;
    private final StatefulParser states;

    UpdateParser(Scope scope, ExpressionParser expressions) {
        this.in = scope.in();
        this.sets = scope.sets();
        this.expressions = expressions;
        this.states = new StatefulParser(scope.in());
    }

    /** Reads a change of a set, whose operation was read. */
    SetUpdate update(SetUpdate.Operation operation) {
        Token place = in.peek();
        if (!in.at("@")) {
            return older(place, operation);
        }
        in.next();
        String name = in.identifier("the name of a set");
        in.expect("{");
        in.skipNewlines();
        Key key = key(name);
        sets.find(name).ifPresent(type -> expressions.requireKey(place, type, ValueType.of(key.of(), sets)));
        Optional<Expression> data = Optional.empty();
        if (in.accept(":")) {
            data = Optional.of(expressions.value(data(name), 1));
        }
        in.skipNewlines();
        in.expect("}");
        Optional<Expression> mapped = data;
        return in.checked(place, () -> new SetUpdate(operation, name, key.of(), mapped, key.timeout(), key.states()));
    }

    /** The older form: {@code set add ip saddr timeout 1m @s}. */
    private SetUpdate older(Token place, SetUpdate.Operation operation) {
        Key key = key("");
        Optional<Expression> data = Optional.empty();
        if (in.accept(":")) {
            data = Optional.of(expressions.expression());
        }
        in.expect("@");
        String name = in.identifier("the name of a set");
        sets.find(name).ifPresent(type -> expressions.requireKey(place, type, ValueType.of(key.of(), sets)));
        Optional<Expression> mapped = data;
        return in.checked(place, () -> new SetUpdate(operation, name, key.of(), mapped, key.timeout(), key.states()));
    }

    private record Key(Expression of, Optional<Duration> timeout, List<Stateful> states) {}

    private Key key(String set) {
        Expression of = expressions.begins() ? expressions.expression() : constant(set);
        Optional<Duration> timeout = Optional.empty();
        List<Stateful> found = new ArrayList<>();
        while (true) {
            if (in.accept("timeout")) {
                timeout = Optional.of(TimeSpan.parse(in, "a timeout"));
            } else if (in.at("comment") || in.at("expires")) {
                throw in.refused(
                        "elements that packets add have no " + in.peek().text());
            } else {
                List<Stateful> more = states.all();
                if (more.isEmpty()) {
                    return new Key(of, timeout, found);
                }
                found.addAll(more);
            }
        }
    }

    private Expression constant(String set) {
        List<ValueType> types = sets.find(set)
                .map(type -> type.key().stream().map(ValueType::of).toList())
                .orElseThrow(() -> in.expected("an expression such as ip saddr"));
        return expressions.elements().value(types, types.size());
    }

    private List<ValueType> data(String set) {
        List<ValueType> types = sets.find(set)
                .map(type -> type.data().stream().map(ValueType::of).toList())
                .orElse(List.of());
        if (types.isEmpty() && !expressions.begins()) {
            throw in.refused("the data's type is unknown, because there is no map @" + set);
        }
        return types.isEmpty() ? List.of(ValueType.of(DataType.INTEGER)) : types;
    }

    /** Reads {@code meter}, whose keyword was read. */
    Meter meter() {
        Token place = in.peek();
        String name = in.identifier("the name of a meter");
        OptionalLong size = in.accept("size")
                ? OptionalLong.of(in.number("a number of elements", 1, LARGEST_SIZE))
                : OptionalLong.empty();
        in.expect("{");
        in.skipNewlines();
        Key key = key("");
        in.skipNewlines();
        if (key.states().size() != 1) {
            throw in.expected("one of counter, limit, quota, ct count or last");
        }
        in.expect("}");
        return in.checked(
                place,
                () -> new Meter(
                        name, size, key.of(), key.timeout(), key.states().get(0)));
    }
}
