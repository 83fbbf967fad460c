// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Wildcard;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The order in which nft prints the elements of a set: by their values, as a machine compares numbers whose last byte is
 * the most significant. Elements of intervals are in the order of their first values.
 */
final class SetOrder {
    private static final int WORD_BITS = 32;

    private SetOrder() {}

    /** The elements in the order in which nft prints them. */
    static List<SetElement> sorted(List<SetElement> elements) {
        boolean parts = elements.stream().anyMatch(element -> element.key() instanceof Concatenation);
        boolean intervals = elements.stream().anyMatch(element -> isInterval(element.key()));
        if (parts && intervals) {
            return elements;
        }
        List<SetElement> sorted = new ArrayList<>(elements);
        sorted.sort(Comparator.comparing((SetElement element) -> element.key() == Wildcard.ANY)
                .thenComparing(element -> rank(element.key(), intervals))
                .thenComparing(element -> !severalFlags(element.key())));
        return sorted;
    }

    private static boolean severalFlags(Expression key) {
        return key instanceof Constant constant
                && constant.type().kind() == DataType.Kind.BITS
                && constant.value().bitCount() > 1;
    }

    private static boolean isInterval(Expression key) {
        return key instanceof Concatenation concatenation
                ? concatenation.parts().stream().anyMatch(SetOrder::isInterval)
                : key instanceof Text text ? text.open() : !(key instanceof Constant);
    }

    private static BigInteger rank(Expression key, boolean interval) {
        if (key instanceof Concatenation concatenation) {
            BigInteger rank = BigInteger.ZERO;
            for (int index = concatenation.parts().size() - 1; index >= 0; index--) {
                Expression part = concatenation.parts().get(index);
                rank = rank.shiftLeft(bits(part)).or(lastByteFirst(part));
            }
            return rank;
        } else if (key instanceof Text text) {
            return interval ? firstByteFirst(text) : lastByteFirst(text);
        }
        Constant first = SetMerge.first(key);
        boolean flags = first != null
                && first.type().kind() == DataType.Kind.BITS
                && first.value().bitCount() > 1;
        return first == null
                ? BigInteger.ZERO
                : flags ? first.value().and(first.value().negate()) : first.value();
    }

    /** The space that a part takes in a concatenation: whole words. */
    private static int bits(Expression part) {
        int bits = part instanceof Constant constant ? constant.bits() : 16 * Byte.SIZE;
        return (bits + WORD_BITS - 1) / WORD_BITS * WORD_BITS;
    }

    private static BigInteger lastByteFirst(Expression part) {
        if (part instanceof Text text) {
            return reversed(text.text().getBytes(StandardCharsets.UTF_8));
        } else if (part instanceof Constant constant) {
            if (constant.type().hostOrder()) {
                return constant.value();
            }
            int size = (constant.bits() + Byte.SIZE - 1) / Byte.SIZE;
            byte[] bytes = new byte[size];
            for (int index = 0; index < size; index++) {
                bytes[index] = constant.value()
                        .shiftRight(Byte.SIZE * (size - 1 - index))
                        .byteValue();
            }
            return reversed(bytes);
        }
        return BigInteger.ZERO;
    }

    private static BigInteger reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int index = 0; index < bytes.length; index++) {
            reversed[index] = bytes[bytes.length - 1 - index];
        }
        return new BigInteger(1, reversed);
    }

    private static BigInteger firstByteFirst(Text text) {
        byte[] padded = Arrays.copyOf(text.text().getBytes(StandardCharsets.UTF_8), 128);
        return new BigInteger(1, padded);
    }
}
