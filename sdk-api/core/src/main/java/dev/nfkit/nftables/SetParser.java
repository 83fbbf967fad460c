// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.codec.TypeOf;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.text.ElementParser;
import dev.nfkit.nftables.text.ExpressionParser;
import dev.nfkit.nftables.text.Host;
import dev.nfkit.nftables.text.Scope;
import dev.nfkit.nftables.text.StatefulParser;
import dev.nfkit.nftables.text.TimeSpan;
import dev.nfkit.nftables.text.Token;
import dev.nfkit.nftables.text.TokenStream;
import dev.nfkit.nftables.text.ValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads the declaration of a set or map, with its elements. */
final class SetParser {
    private final TokenStream in;
    private final TableId table;
    private @Nullable NftSet set;
    private List<SetElement> elements = List.of();

    SetParser(TokenStream in, TableId table) {
        this.in = in;
        this.table = table;
    }

    /** Reads the block after the name. */
    void read(boolean map, String name, RulesetParser.TableParts parts) {
        Token place = in.peek();
        in.expect("{");
        separators();
        while (!in.accept("}")) {
            property(map, name);
            if (!in.atEnd()) {
                throw in.expected("the end of the line, \";\" or \"}\"");
            }
            separators();
        }
        if (set == null) {
            throw in.refused(place, "expected the type of set " + name);
        }
        NftSet made = set;
        parts.sets.put(name, made);
        if (!elements.isEmpty()) {
            List<SetElement> found = made.merges() ? ElementParser.merged(elements) : elements;
            parts.elements.add(in.checked(place, () -> SetElements.of(made, found)));
        }
    }

    private void separators() {
        do {
            in.skipNewlines();
        } while (in.accept(";"));
    }

    private void property(boolean map, String name) {
        Token place = in.peek();
        if (in.accept("type")) {
            set = type(place, map, name);
        } else if (in.accept("typeof")) {
            set = typeOf(place, map, name);
        } else if (in.accept("flags")) {
            do {
                flag();
            } while (in.accept(","));
        } else if (in.accept("timeout")) {
            Duration time = TimeSpan.parse(in, "a timeout");
            change(place, each -> each.timeout(time));
        } else if (in.accept("gc-interval")) {
            Duration time = TimeSpan.parse(in, "a time");
            change(place, each -> each.gcInterval(time));
        } else if (in.accept("size")) {
            long size = in.number("a number of elements", 1, 0xffff_ffffL);
            change(place, each -> each.size(size));
        } else if (in.accept("policy")) {
            boolean memory = in.accept("memory");
            if (!memory) {
                in.expect("performance");
            }
            change(place, each -> memory ? each.policy(SetPolicy.MEMORY) : each);
        } else if (in.accept("auto-merge")) {
            change(place, NftSet::autoMerge);
        } else if (in.accept("comment")) {
            String text = in.name("a comment");
            change(place, each -> each.comment(text));
        } else if (in.accept("elements")) {
            in.expect("=");
            elements(place);
        } else {
            states(place);
        }
    }

    private void states(Token place) {
        List<Stateful> states = new StatefulParser(in).all();
        if (states.isEmpty()) {
            throw in.expected(
                    "type, flags, timeout, gc-interval, size, policy, auto-merge, comment, counter or elements");
        }
        change(place, each -> each.state(states.toArray(Stateful[]::new)));
    }

    private void change(Token place, UnaryOperator<NftSet> change) {
        NftSet before = set;
        if (before == null) {
            throw in.refused(place, "expected the type of the set first");
        }
        set = in.checked(place, () -> change.apply(before));
    }

    private NftSet type(Token place, boolean map, String name) {
        List<DataType> key = types();
        if (!map) {
            return in.checked(place, () -> NftSet.set(table, name, key.toArray(DataType[]::new)));
        }
        in.expect(":");
        for (ObjectStatement.Kind kind : ObjectStatement.Kind.values()) {
            if (in.accept(kind.text().split(" "))) {
                return in.checked(place, () -> NftSet.objects(table, name, kind, key.toArray(DataType[]::new)));
            }
        }
        if (in.at("interval")) {
            throw in.refused("maps to intervals are not supported");
        }
        List<DataType> data = types();
        return in.checked(place, () -> NftSet.map(table, name, new SetType(key, data)));
    }

    private NftSet typeOf(Token place, boolean map, String name) {
        List<Selector> key = selectors();
        if (!map) {
            return in.checked(place, () -> NftSet.typeOf(table, name, key, List.of()));
        }
        in.expect(":");
        for (ObjectStatement.Kind kind : ObjectStatement.Kind.values()) {
            if (in.accept(kind.text().split(" "))) {
                return in.checked(place, () -> NftSet.typeOf(table, name, key, List.of(), List.of(), kind));
            }
        }
        if (in.accept("verdict")) {
            return in.checked(place, () -> NftSet.typeOf(table, name, key, List.of(), List.of(DataType.VERDICT), null));
        }
        List<Selector> data = selectors();
        return in.checked(place, () -> NftSet.typeOf(table, name, key, data));
    }

    private List<Selector> selectors() {
        Token place = in.peek();
        Expression read = new ExpressionParser(scope()).expression();
        List<Expression> parts = read instanceof Concatenation concatenation ? concatenation.parts() : List.of(read);
        List<Selector> selectors = new ArrayList<>();
        for (Expression part : parts) {
            if (!(part instanceof Selector selector && TypeOf.supports(selector))) {
                throw in.refused(place, "typeof of others than header fields, meta and ct is not supported");
            }
            selectors.add(selector);
        }
        return selectors;
    }

    private Scope scope() {
        return new Scope(in, table.family(), SetType.Lookup.NONE, Host.CURRENT);
    }

    private List<DataType> types() {
        List<DataType> types = new ArrayList<>();
        do {
            Token place = in.peek();
            String word = in.identifier("a type such as ipv4_addr");
            types.add(DataType.of(word).orElseThrow(() -> in.refused(place, "expected a type such as ipv4_addr")));
        } while (in.accept("."));
        return types;
    }

    private void flag() {
        Token place = in.peek();
        String word = in.name("a flag of a set");
        for (SetFlag flag : SetFlag.values()) {
            if (flag.toString().equals(word)) {
                change(place, each -> each.with(flag));
                return;
            }
        }
        throw in.refused(place, "expected constant, dynamic, interval or timeout");
    }

    private void elements(Token place) {
        NftSet known = set;
        if (known == null) {
            throw in.refused(place, "expected the type of the set first");
        }
        ElementParser parser = new ElementParser(scope());
        List<ValueType> data = known.objects().isPresent()
                ? List.of(ValueType.of(DataType.STRING))
                : values(known.dataSelectors(), known.type().data());
        elements = parser.elements(values(known.keySelectors(), known.type().key()), data);
    }

    private static List<ValueType> values(List<Selector> selectors, List<DataType> types) {
        return selectors.isEmpty()
                ? types.stream().map(ValueType::of).toList()
                : selectors.stream()
                        .flatMap(each -> ValueType.of(each, SetType.Lookup.NONE).stream())
                        .toList();
    }
}
