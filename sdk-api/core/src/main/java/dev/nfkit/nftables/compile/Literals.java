// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The sets and maps that rules use: those that are written in them become anonymous sets. */
final class Literals {
    static final String SET = "__set%d";
    static final String MAP = "__map%d";
    static final String OBJECT_MAP = "__objmap%d";

    private final Code code;
    private final SetType.Lookup named;

    /** What a set contains beside its keys. */
    private record Kind(String name, int flag, int dataBytes, boolean hostData, int objectType) {
        static final Kind SET = new Kind(Literals.SET, 0, 0, false, 0);

        boolean isMap() {
            return flag != 0;
        }
    }

    /** How a rule refers to a set. */
    record Reference(String name, @Nullable Long id) {}

    Literals(Code code, SetType.Lookup named) {
        this.code = code;
        this.named = named;
    }

    Optional<SetType> type(SetReference reference) {
        return named.find(reference.name());
    }

    boolean isInterval(Expression set) {
        if (set instanceof SetLiteral literal) {
            return literal.elements().stream().anyMatch(element -> Elements.isInterval(element.key()));
        }
        return set instanceof SetReference reference
                && type(reference).map(SetType::interval).orElse(false);
    }

    /** A set without data. */
    Reference set(Expression set, SetType type, List<Operand> key) {
        return reference(set, type, key, Kind.SET, (element, source) -> element);
    }

    /** A map whose data are values. */
    Reference map(Expression map, SetType type, List<Operand> key, Form wanted) {
        return reference(
                map,
                type,
                key,
                new Kind(MAP, CompiledSet.MAP, wanted.bytes(), wanted.host(), 0),
                (element, source) -> withData(element, data(source, wanted)));
    }

    /** A map whose data are verdicts. */
    Reference verdicts(Expression map, SetType type, List<Operand> key) {
        return reference(
                map,
                type,
                key,
                new Kind(MAP, CompiledSet.MAP, 0, false, 0),
                (element, source) -> withData(element, Verdicts.of(verdict(source))));
    }

    /** A map whose data are names of objects. */
    Reference objects(Expression map, SetType type, List<Operand> key, int objectType) {
        return reference(
                map,
                type,
                key,
                new Kind(OBJECT_MAP, CompiledSet.OBJECT, 0, false, objectType),
                (element, source) -> new CompiledElement(
                        element.key(), element.keyEnd(), null, objectName(source), element.end(), element.source()));
    }

    private Reference reference(Expression set, SetType type, List<Operand> key, Kind kind, Elements.DataOf data) {
        if (set instanceof SetReference reference) {
            return new Reference(reference.name(), null);
        }
        if (!(set instanceof SetLiteral literal)) {
            throw new InvalidRuleException("not a set: " + set);
        }
        boolean interval = isInterval(set);
        boolean concatenation = key.size() > 1;
        Elements elements = new Elements(
                key.stream()
                        .map(part -> new Elements.Field(part.bytes(), part.host(), part.shift()))
                        .toList(),
                code.machine());
        List<SetElement> written = literal.elements();
        List<CompiledElement> compiled = !interval
                ? elements.values(written, data)
                : concatenation ? elements.ranges(written, data) : elements.intervals(written, kind.isMap(), data);
        int flags = CompiledSet.ANONYMOUS | CompiledSet.CONSTANT | kind.flag();
        if (interval) {
            flags |= CompiledSet.INTERVAL | (concatenation ? CompiledSet.CONCAT : 0);
        }
        int size = interval && !concatenation ? elements.intervalSize(written, kind.isMap()) : written.size();
        CompiledSet made = new CompiledSet(
                code.nextId(),
                kind.name(),
                type,
                elements.total(),
                kind.dataBytes(),
                !concatenation && !interval && key.get(0).host(),
                kind.hostData(),
                concatenation ? key.stream().map(Operand::bytes).toList() : List.of(),
                flags,
                kind.objectType(),
                size,
                compiled);
        code.add(made);
        return new Reference(made.name(), made.id());
    }

    private static CompiledElement withData(CompiledElement element, dev.nfkit.nftables.bytecode.Data data) {
        return new CompiledElement(element.key(), element.keyEnd(), data, null, element.end(), element.source());
    }

    private Constant data(SetElement source, Form wanted) {
        List<Expression> parts = Operands.parts(required(source));
        List<DataType> types = wanted.types();
        if (parts.size() != types.size()) {
            throw new InvalidRuleException("data of " + parts.size() + " parts in a map with data of " + types.size());
        }
        if (wanted.range()) {
            return range(parts.get(0), wanted);
        }
        byte[] all = new byte[wanted.bytes()];
        int at = 0;
        for (int i = 0; i < parts.size(); i++) {
            int bytes =
                    parts.size() == 1 ? wanted.bytes() : Form.of(types.get(i)).bytes();
            boolean host = parts.size() == 1 ? wanted.host() : types.get(i).hostOrder();
            byte[] part = ValueBytes.of(parts.get(i), bytes, host, 0, code.machine());
            System.arraycopy(part, 0, all, at, part.length);
            at += Code.words(bytes) * Integer.BYTES;
        }
        return Constant.of(all);
    }

    /** The first and the last of several values, one after the other. */
    private Constant range(Expression value, Form wanted) {
        Expression first = value;
        Expression last = value;
        if (value instanceof Prefix prefix) {
            first = prefix.first();
            last = prefix.last();
        } else if (value instanceof Interval interval) {
            first = interval.from();
            last = interval.to();
        }
        int half = wanted.bytes() / 2;
        byte[] all = Arrays.copyOf(ValueBytes.of(first, half, wanted.host(), 0, code.machine()), wanted.bytes());
        System.arraycopy(ValueBytes.of(last, half, wanted.host(), 0, code.machine()), 0, all, half, half);
        return Constant.of(all);
    }

    private static dev.nfkit.nftables.expression.Verdict verdict(SetElement source) {
        if (required(source) instanceof dev.nfkit.nftables.expression.Verdict verdict) {
            return verdict;
        }
        throw new InvalidRuleException(
                "the data of a verdict map is a verdict, not " + source.data().orElseThrow());
    }

    private static String objectName(SetElement source) {
        if (required(source) instanceof Text text) {
            return text.text();
        }
        throw new InvalidRuleException("the data of a map of objects is a name");
    }

    private static Expression required(SetElement source) {
        return source.data().orElseThrow(() -> new InvalidRuleException("an element of a map without data"));
    }

    /** The kernel's verdicts. */
    static final class Verdicts {
        private Verdicts() {}

        static Verdict of(dev.nfkit.nftables.expression.Verdict verdict) {
            if (verdict instanceof dev.nfkit.nftables.expression.Verdict.Jump jump) {
                return Verdict.jump(jump.chain());
            } else if (verdict instanceof dev.nfkit.nftables.expression.Verdict.Goto go) {
                return Verdict.goTo(go.chain());
            }
            return switch ((dev.nfkit.nftables.expression.Verdict.Simple) verdict) {
                case ACCEPT -> Verdict.ACCEPT;
                case DROP -> Verdict.DROP;
                case CONTINUE -> Verdict.CONTINUE;
                case RETURN -> Verdict.RETURN;
            };
        }
    }
}
