// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import java.util.List;

/**
 * What kind of value an expression yields, which determines how a value on its right side is read and printed.
 *
 * @param type the type
 * @param bits the size
 * @param raw whether the value is read from a place in the packet, and therefore printed as a hexadecimal number
 */
public record ValueType(DataType type, int bits, boolean raw) {
    /** The size of a number whose type has none. */
    private static final int DEFAULT_BITS = 32;

    /** The size of text. */
    private static final int TEXT_BITS = 128;

    /** The types of an address of IPv4 and a port. */
    static final ValueType PORT = of(DataType.INET_SERVICE);

    /**
     * The type of values of a set, whose size follows from the type.
     *
     * @param type the type
     * @return the type with its size
     */
    public static ValueType of(DataType type) {
        int bits = type.kind() == DataType.Kind.TEXT ? TEXT_BITS : type.bits();
        return new ValueType(type, bits == 0 ? DEFAULT_BITS : bits, false);
    }

    /**
     * The types of an expression's parts.
     *
     * @param expression the expression
     * @param sets the sets that maps may be in
     * @return one type for each part of a concatenation; empty if it is unknown
     */
    public static List<ValueType> of(Expression expression, SetType.Lookup sets) {
        if (expression instanceof Selector selector) {
            boolean raw = selector instanceof RawPayload
                    || (selector instanceof RawTcpOption option && option.bits() % Byte.SIZE != 0);
            return List.of(new ValueType(selector.type(), selector.bits(), raw));
        } else if (expression instanceof BinaryExpression binary) {
            List<ValueType> left = of(binary.left(), sets);
            return left.isEmpty() ? of(binary.right(), sets) : left;
        } else if (expression instanceof Concatenation concatenation) {
            return concatenation.parts().stream()
                    .flatMap(part -> of(part, sets).stream())
                    .toList();
        } else if (expression instanceof MapLookup lookup) {
            return ofData(lookup.map(), sets);
        } else if (expression instanceof Constant constant) {
            return List.of(new ValueType(constant.type(), constant.bits(), false));
        } else if (expression instanceof Interval interval) {
            return of(interval.from(), sets);
        } else if (expression instanceof Prefix prefix) {
            return of(prefix.value(), sets);
        } else if (expression instanceof Text text) {
            return List.of(of(text.type()));
        }
        return List.of();
    }

    private static List<ValueType> ofData(Expression map, SetType.Lookup sets) {
        if (map instanceof SetLiteral literal) {
            return literal.elements().get(0).data().map(data -> of(data, sets)).orElse(List.of());
        }
        return map instanceof SetReference reference
                ? sets.find(reference.name())
                        .map(type -> type.data().stream().map(ValueType::of).toList())
                        .orElse(List.of())
                : List.of();
    }
}
