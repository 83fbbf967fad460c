// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Wildcard;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the elements of a set. */
final class ElementReader {
    private static final Comparator<CompiledElement> BY_KEY = Comparator.comparing(
            CompiledElement::key,
            Comparator.nullsLast((one, other) -> Arrays.compareUnsigned(one.toArray(), other.toArray())));

    private final List<Shape> fields;
    private final List<DataType> data;
    private final ByteOrder machine;

    ElementReader(List<Shape> fields, List<DataType> data, ByteOrder machine) {
        this.fields = fields;
        this.data = data;
        this.machine = machine;
    }

    /** Elements that are single values, or intervals with both ends. */
    List<SetElement> values(List<CompiledElement> elements) {
        return elements.stream().map(this::value).toList();
    }

    private SetElement value(CompiledElement element) {
        Constant key = element.key();
        if (key == null) {
            return element(element, Wildcard.ANY);
        }
        Constant end = element.keyEnd();
        List<Expression> parts = new ArrayList<>();
        int at = 0;
        for (Shape field : fields) {
            byte[] first = Arrays.copyOfRange(key.toArray(), at, at + field.bytes());
            byte[] last = end == null ? first : Arrays.copyOfRange(end.toArray(), at, at + field.bytes());
            parts.add(
                    end == null
                            ? single(field, first)
                            : between(field, new BigInteger(1, first), new BigInteger(1, last)));
            at += (field.bytes() + 3) / 4 * 4;
        }
        return element(element, parts.size() == 1 ? parts.get(0) : new Concatenation(parts));
    }

    private Expression single(Shape field, byte[] bytes) {
        if (field.type().kind() == DataType.Kind.TEXT) {
            return Expressions.text(field.type(), bytes);
        }
        return Expressions.constant(
                field, Numbers.of(bytes, field.host(), machine).shiftRight(field.shift()));
    }

    /** Elements of which each begins or ends an interval. */
    List<SetElement> intervals(List<CompiledElement> elements) {
        List<CompiledElement> sorted = new ArrayList<>(elements);
        sorted.sort(BY_KEY);
        Shape field = fields.get(0);
        List<SetElement> result = new ArrayList<>();
        for (int i = 0; i < sorted.size(); i++) {
            CompiledElement element = sorted.get(i);
            Constant key = element.key();
            if (element.end()) {
                continue;
            }
            if (key == null) {
                result.add(element(element, Wildcard.ANY));
                continue;
            }
            Constant next = i + 1 < sorted.size() ? sorted.get(i + 1).key() : null;
            BigInteger last = next == null
                    ? Numbers.ones(field.bytes() * Byte.SIZE)
                    : number(next).subtract(BigInteger.ONE);
            result.add(element(element, between(field, number(key), last)));
        }
        return result;
    }

    private static BigInteger number(Constant key) {
        return new BigInteger(1, key.toArray());
    }

    /** The values from one to another, in the shortest form: a value, a prefix or an interval. */
    private static Expression between(Shape field, BigInteger from, BigInteger to) {
        if (field.type().kind() == DataType.Kind.TEXT) {
            return name(field, from, to);
        }
        BigInteger first = from.shiftRight(field.shift());
        BigInteger last = to.shiftRight(field.shift());
        dev.nfkit.nftables.expression.Constant start = Expressions.constant(field, first);
        if (first.equals(last)) {
            return start;
        }
        BigInteger differing = first.xor(last);
        boolean prefix = isAddress(field.type())
                && differing.equals(Numbers.ones(differing.bitLength()))
                && first.and(differing).signum() == 0;
        return prefix
                ? new Prefix(start, field.bits() - differing.bitLength())
                : new Interval(start, Expressions.constant(field, last));
    }

    private static boolean isAddress(DataType type) {
        return type == DataType.IPV4_ADDR || type == DataType.IPV6_ADDR;
    }

    private static Text name(Shape field, BigInteger from, BigInteger to) {
        byte[] bytes = new byte[field.bytes()];
        byte[] magnitude = from.toByteArray();
        int length = Math.min(magnitude.length, bytes.length);
        System.arraycopy(magnitude, magnitude.length - length, bytes, bytes.length - length, length);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new Text(field.type(), new String(bytes, 0, end, StandardCharsets.UTF_8), !from.equals(to));
    }

    private SetElement element(CompiledElement element, Expression key) {
        SetElement source = element.source();
        return new SetElement(
                key,
                Optional.ofNullable(data(element)),
                source == null ? Optional.empty() : source.timeout(),
                source == null ? Optional.empty() : source.expires(),
                source == null ? Optional.empty() : source.comment(),
                source == null ? List.of() : source.state());
    }

    private @Nullable Expression data(CompiledElement element) {
        String object = element.object();
        if (object != null) {
            return new Text(DataType.STRING, object, false);
        } else if (element.data() instanceof Verdict verdict) {
            return Verdicts.of(verdict);
        } else if (element.data() instanceof Constant constant) {
            return constant(constant);
        }
        return null;
    }

    /** The first and the last of several values, one after the other. */
    private static Expression range(DataType type, byte[] bytes) {
        int half = bytes.length / 2;
        Shape shape = new Shape(Wildcard.ANY, type, type.bits(), half, false, 0);
        return between(
                shape,
                new BigInteger(1, Arrays.copyOf(bytes, half)),
                new BigInteger(1, Arrays.copyOfRange(bytes, half, bytes.length)));
    }

    private Expression constant(Constant constant) {
        if (data.size() == 1
                && data.get(0).bits() > 0
                && constant.length() * Byte.SIZE == 2 * data.get(0).bits()) {
            return range(data.get(0), constant.toArray());
        }
        List<Expression> parts = new ArrayList<>();
        int at = 0;
        for (DataType type : data) {
            int bytes = data.size() == 1 ? constant.length() : (type.bits() + Byte.SIZE - 1) / Byte.SIZE;
            byte[] part = Arrays.copyOfRange(constant.toArray(), at, at + bytes);
            BigInteger number = Numbers.of(part, type.hostOrder(), machine);
            parts.add(
                    type.kind() == DataType.Kind.TEXT
                            ? Expressions.text(type, part)
                            : new dev.nfkit.nftables.expression.Constant(
                                    type,
                                    Math.max(type.bits() == 0 ? bytes * Byte.SIZE : type.bits(), number.bitLength()),
                                    number));
            at += (bytes + 3) / 4 * 4;
        }
        return parts.size() == 1 ? parts.get(0) : new Concatenation(parts);
    }
}
