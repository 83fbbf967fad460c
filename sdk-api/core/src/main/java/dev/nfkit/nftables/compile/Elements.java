// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Wildcard;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The elements of a set as bytes. A set of intervals gets an element for each end, as the kernel keeps them. */
final class Elements {
    private static final Comparator<Bounds> BY_START = Comparator.comparing(Bounds::from);

    private final List<Field> fields;
    private final ByteOrder machine;

    /** Gives the data of an element, which depends on the map. */
    interface DataOf {
        CompiledElement with(CompiledElement element, SetElement source);
    }

    /**
     * A field of a key.
     *
     * @param bytes its size
     * @param host whether it is in the byte order of the machine
     * @param shift the bits that values are moved to the left
     */
    record Field(int bytes, boolean host, int shift) {}

    private record Bounds(BigInteger from, BigInteger to, SetElement source) {}

    Elements(List<Field> fields, ByteOrder machine) {
        this.fields = List.copyOf(fields);
        this.machine = machine;
    }

    static boolean isInterval(Expression key) {
        return Operands.parts(key).stream()
                .anyMatch(part -> part instanceof Interval
                        || part instanceof Prefix
                        || (part instanceof Text text && text.open()));
    }

    /** Single values, or fields of them. */
    List<CompiledElement> values(List<SetElement> elements, DataOf data) {
        return elements.stream()
                .map(element -> data.with(
                        new CompiledElement(
                                element.key() == Wildcard.ANY ? null : key(element.key()),
                                null,
                                null,
                                null,
                                false,
                                element),
                        element))
                .toList();
    }

    private Constant key(Expression key) {
        List<Expression> parts = Operands.parts(key);
        requireFields(parts);
        byte[] all = new byte[total()];
        int at = 0;
        for (int i = 0; i < fields.size(); i++) {
            Field field = fields.get(i);
            byte[] part = ValueBytes.of(parts.get(i), field.bytes(), field.host(), field.shift(), machine);
            System.arraycopy(part, 0, all, at, part.length);
            at += fields.size() == 1 ? part.length : Code.words(part.length) * Integer.BYTES;
        }
        return Constant.of(all);
    }

    private void requireFields(List<Expression> parts) {
        if (parts.size() != fields.size()) {
            throw new InvalidRuleException(
                    "an element of " + parts.size() + " parts in a set with keys of " + fields.size());
        }
    }

    /** The bytes of a key: fields of a concatenation begin at words. */
    int total() {
        return fields.size() == 1
                ? fields.get(0).bytes()
                : fields.stream()
                        .mapToInt(field -> Code.words(field.bytes()) * Integer.BYTES)
                        .sum();
    }

    /** Intervals of concatenations: a first and a last key, of which each field is an interval. */
    List<CompiledElement> ranges(List<SetElement> elements, DataOf data) {
        List<CompiledElement> result = new ArrayList<>();
        for (SetElement element : elements) {
            if (element.key() == Wildcard.ANY) {
                result.add(data.with(new CompiledElement(null, null, null, null, false, element), element));
                continue;
            }
            List<Expression> parts = Operands.parts(element.key());
            requireFields(parts);
            byte[] first = new byte[total()];
            byte[] last = new byte[total()];
            int at = 0;
            for (int i = 0; i < fields.size(); i++) {
                Field field = fields.get(i);
                Bounds bounds = bounds(parts.get(i), field, element);
                put(first, at, bounds.from(), field);
                put(last, at, bounds.to(), field);
                at += Code.words(field.bytes()) * Integer.BYTES;
            }
            result.add(data.with(
                    new CompiledElement(Constant.of(first), Constant.of(last), null, null, false, element), element));
        }
        return result;
    }

    private static void put(byte[] to, int at, BigInteger value, Field field) {
        byte[] bytes = ValueBytes.number(value, field.bytes(), false, ByteOrder.BIG_ENDIAN, DataType.INTEGER);
        System.arraycopy(bytes, 0, to, at, bytes.length);
    }

    /**
     * Intervals of single values: an element where each begins, and one after it ends. Sets join intervals that touch
     * or overlap; in maps these are refused if they overlap.
     */
    List<CompiledElement> intervals(List<SetElement> elements, boolean map, DataOf data) {
        Field field = fields.get(0);
        List<Bounds> sorted = new ArrayList<>();
        SetElement any = null;
        for (SetElement element : elements) {
            if (element.key() == Wildcard.ANY) {
                any = element;
            } else {
                sorted.add(bounds(element.key(), field, element));
            }
        }
        sorted.sort(BY_START);
        List<Bounds> joined = map ? separate(sorted) : join(sorted);
        List<CompiledElement> result = new ArrayList<>();
        BigInteger limit = BigInteger.ONE.shiftLeft(field.bytes() * Byte.SIZE);
        BigInteger covered = null;
        for (Bounds bounds : joined) {
            if (covered == null ? bounds.from().signum() > 0 : covered.compareTo(bounds.from()) < 0) {
                result.add(end(covered == null ? BigInteger.ZERO : covered, field));
            }
            Constant key = Constant.of(
                    ValueBytes.number(bounds.from(), field.bytes(), false, ByteOrder.BIG_ENDIAN, DataType.INTEGER));
            result.add(data.with(new CompiledElement(key, null, null, null, false, bounds.source()), bounds.source()));
            covered = bounds.to().add(BigInteger.ONE);
        }
        if (covered != null && covered.compareTo(limit) < 0) {
            result.add(end(covered, field));
        }
        if (any != null) {
            result.add(data.with(new CompiledElement(null, null, null, null, false, any), any));
        }
        return result;
    }

    /** The number of elements that nft reserves for a set of intervals. */
    int intervalSize(List<SetElement> elements, boolean map) {
        Field field = fields.get(0);
        List<Bounds> sorted = new ArrayList<>();
        for (SetElement element : elements) {
            if (element.key() != Wildcard.ANY) {
                sorted.add(bounds(element.key(), field, element));
            }
        }
        sorted.sort(BY_START);
        List<Bounds> joined = map ? sorted : join(sorted);
        boolean first = !joined.isEmpty() && joined.get(0).from().signum() == 0;
        return joined.size() * 2 + (first ? 0 : 1) + (sorted.size() < elements.size() ? 1 : 0);
    }

    private static CompiledElement end(BigInteger after, Field field) {
        Constant key =
                Constant.of(ValueBytes.number(after, field.bytes(), false, ByteOrder.BIG_ENDIAN, DataType.INTEGER));
        return new CompiledElement(key, null, null, null, true, null);
    }

    private static List<Bounds> join(List<Bounds> sorted) {
        List<Bounds> joined = new ArrayList<>();
        for (Bounds next : sorted) {
            Bounds last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && next.from().compareTo(last.to().add(BigInteger.ONE)) <= 0) {
                joined.set(joined.size() - 1, new Bounds(last.from(), last.to().max(next.to()), last.source()));
            } else {
                joined.add(next);
            }
        }
        return joined;
    }

    private static List<Bounds> separate(List<Bounds> sorted) {
        for (int i = 1; i < sorted.size(); i++) {
            if (sorted.get(i).from().compareTo(sorted.get(i - 1).to()) <= 0) {
                throw new InvalidRuleException(
                        "conflicting intervals: " + sorted.get(i - 1).source().key() + " and "
                                + sorted.get(i).source().key());
            }
        }
        return sorted;
    }

    private Bounds bounds(Expression key, Field field, SetElement source) {
        if (key instanceof dev.nfkit.nftables.expression.Constant constant) {
            BigInteger value = constant.value().shiftLeft(field.shift());
            return new Bounds(value, value, source);
        } else if (key instanceof Interval interval) {
            return new Bounds(
                    interval.from().value().shiftLeft(field.shift()),
                    interval.to().value().shiftLeft(field.shift()),
                    source);
        } else if (key instanceof Prefix prefix) {
            return new Bounds(
                    prefix.first().value().shiftLeft(field.shift()),
                    prefix.last().value().shiftLeft(field.shift()),
                    source);
        } else if (key instanceof Text text) {
            return textBounds(text, field, source);
        }
        throw new InvalidRuleException("an element of a set of intervals is a value, prefix or interval, not " + key);
    }

    /** Names in the order of their bytes; an open one covers all that begin with it. */
    private static Bounds textBounds(Text text, Field field, SetElement source) {
        byte[] bytes = ValueBytes.utf8(text);
        int rest = (field.bytes() - bytes.length) * Byte.SIZE;
        BigInteger from = new BigInteger(1, bytes).shiftLeft(rest);
        BigInteger to = text.open() ? from.or(Selectors.ones(rest)) : from;
        return new Bounds(from, to, source);
    }
}
