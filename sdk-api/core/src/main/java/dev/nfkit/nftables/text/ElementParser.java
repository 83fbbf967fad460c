// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.nftables.expression.Wildcard;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads values that a selector is compared with, and the elements of sets and maps. */
public final class ElementParser {
    private final TokenStream in;
    private final ConstantParser constants;
    private final StatefulParser states;
    private boolean reversed;

    /**
     * A parser.
     *
     * @param scope the tokens and what they depend on
     */
    public ElementParser(Scope scope) {
        this.in = scope.in();
        this.constants = new ConstantParser(scope);
        this.states = new StatefulParser(scope.in());
    }

    /**
     * Reads the elements of a set or map, with their braces.
     *
     * @param key the types of the keys
     * @param data the types of the data; none for a set, {@link DataType#VERDICT} alone for a verdict map
     * @return the elements
     */
    public SetLiteral literal(List<ValueType> key, List<ValueType> data) {
        Token place = in.peek();
        List<SetElement> elements = elements(key, data);
        if (elements.isEmpty()) {
            throw in.refused(place, "expected at least one element in a set");
        }
        if (!data.isEmpty() && SetMerge.overlaps(elements)) {
            throw in.refused(place, "two elements of this map have a key in common");
        }
        return in.checked(place, () -> new SetLiteral(elements));
    }

    /**
     * Reads the elements of a set or map, with their braces; perhaps none.
     *
     * @param key the types of the keys
     * @param data the types of the data; none for a set, {@link DataType#VERDICT} alone for a verdict map
     * @return the elements, in the order of the text
     */
    public List<SetElement> elements(List<ValueType> key, List<ValueType> data) {
        in.expect("{");
        in.skipNewlines();
        List<SetElement> elements = new ArrayList<>();
        while (!in.accept("}")) {
            elements.add(element(key, data));
            in.skipNewlines();
            if (!in.at("}") && !in.accept(",")) {
                throw in.expected("\",\" or \"}\"");
            }
            in.skipNewlines();
        }
        return elements;
    }

    /**
     * Joins intervals that overlap or touch, as nft does for sets with {@code auto-merge}.
     *
     * @param elements at least one
     * @return the elements that remain
     */
    public static List<SetElement> merged(List<SetElement> elements) {
        return SetMerge.merged(new SetLiteral(elements)).elements();
    }

    private SetElement element(List<ValueType> key, List<ValueType> data) {
        Token place = in.peek();
        Expression value = in.accept("*") ? Wildcard.ANY : value(key, key.size());
        Optional<Duration> timeout = Optional.empty();
        Optional<Duration> expires = Optional.empty();
        Optional<String> comment = Optional.empty();
        List<Stateful> found = new ArrayList<>();
        while (true) {
            if (in.accept("timeout")) {
                timeout = Optional.of(TimeSpan.parse(in, "a timeout"));
            } else if (in.accept("expires")) {
                expires = Optional.of(TimeSpan.parse(in, "a time"));
            } else if (in.accept("comment")) {
                comment = Optional.of(comment(in));
            } else {
                List<Stateful> more = states.all();
                if (more.isEmpty()) {
                    break;
                }
                found.addAll(more);
            }
        }
        Optional<Expression> mapped = Optional.empty();
        if (data.isEmpty() && in.at(":")) {
            throw in.refused("the elements of a set have no data: it is no map");
        } else if (!data.isEmpty()) {
            in.expect(":");
            in.skipNewlines();
            mapped = Optional.of(data(data));
        }
        Optional<Expression> result = mapped;
        Optional<Duration> ends = timeout;
        Optional<Duration> rest = expires;
        Optional<String> text = comment;
        return in.checked(place, () -> new SetElement(value, result, ends, rest, text, found));
    }

    /** A comment, at most 128 bytes long. */
    static String comment(TokenStream in) {
        Token place = in.peek();
        String comment = in.name("a comment");
        if (comment.getBytes(StandardCharsets.UTF_8).length > 128) {
            throw in.refused(place, "a comment has at most 128 bytes");
        }
        return comment;
    }

    private Expression data(List<ValueType> types) {
        return types.get(0).type() == DataType.VERDICT
                ? verdict().orElseThrow(() -> in.expected("a verdict"))
                : value(types, 1);
    }

    /**
     * Reads a verdict.
     *
     * @return the verdict, or empty if something else is next
     */
    public Optional<Verdict> verdict() {
        for (Verdict.Simple simple : Verdict.Simple.values()) {
            if (in.accept(simple.name().toLowerCase(Locale.ROOT))) {
                return Optional.of(simple);
            }
        }
        Token place = in.peek();
        boolean jump = in.accept("jump");
        if (!jump && !in.accept("goto")) {
            return Optional.empty();
        }
        String chain = in.identifier("the name of a chain");
        return Optional.of(in.checked(place, () -> jump ? Verdict.jump(chain) : Verdict.goTo(chain)));
    }

    /**
     * Reads a value: a constant, interval or prefix, or a concatenation of them.
     *
     * @param types the types of the parts
     * @param least the least number of parts that it must have
     * @return the value
     */
    public Expression value(List<ValueType> types, int least) {
        List<Expression> parts = new ArrayList<>();
        do {
            if (parts.size() == types.size()) {
                throw in.refused("expected " + types.size() + " parts of a concatenation, not more");
            }
            parts.add(part(types.get(parts.size())));
        } while (in.accept("."));
        if (parts.size() < least) {
            throw in.expected("\".\" and a value of type "
                    + types.get(parts.size()).type().text());
        }
        return parts.size() == 1 ? parts.get(0) : new Concatenation(parts);
    }

    private Expression part(ValueType type) {
        Token place = in.peek();
        Expression value = constants.constant(type);
        if (!(value instanceof Constant first)) {
            return value;
        } else if (type.type() != DataType.CLASSID && in.accept("/")) {
            int length = (int) in.number("the length of a prefix", 0, type.bits());
            return in.checked(place, () -> new Prefix(first, length));
        } else if (in.accept("-")) {
            Constant last = (Constant) constants.constant(type);
            if (type.type() == DataType.TIME_HOUR && first.value().compareTo(last.value()) > 0) {
                reversed = true;
                return new Interval(last, first);
            }
            return in.checked(place, () -> new Interval(first, last));
        }
        return value;
    }

    /** Bits that are separated by commas. */
    Constant bits(ValueType type) {
        return constants.bits(type);
    }

    /** A single number. */
    Constant atom(ValueType type) {
        return constants.atom(type);
    }

    /**
     * Whether an interval was read since the last call that ends before it begins: hours over midnight. It was read as
     * the interval of all other hours.
     */
    boolean reversed() {
        boolean was = reversed;
        reversed = false;
        return was;
    }
}
