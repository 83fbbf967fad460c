// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What nft makes of a set that is written in a rule: intervals that touch become one, and equal elements, too. */
final class SetMerge {
    private SetMerge() {}

    /** The set without elements that others contain. */
    static SetLiteral merged(SetLiteral literal) {
        List<SetElement> elements =
                literal.elements().stream().map(SetMerge::single).toList();
        boolean plain = elements.stream().allMatch(element -> element.equals(SetElement.of(element.key())));
        if (!plain || elements.size() < 2) {
            return new SetLiteral(elements);
        }
        boolean numbers = elements.stream().allMatch(element -> first(element.key()) != null);
        boolean intervals = elements.stream().anyMatch(element -> !(element.key() instanceof Constant));
        return numbers && intervals
                ? new SetLiteral(joined(elements))
                : new SetLiteral(List.copyOf(new LinkedHashSet<>(elements)));
    }

    /** Whether two elements of a map have a key in common, so that its data would be undetermined. */
    static boolean overlaps(List<SetElement> elements) {
        List<SetElement> sorted = new ArrayList<>();
        for (SetElement element : elements) {
            if (first(element.key()) == null) {
                continue;
            }
            sorted.add(element);
        }
        sorted.sort(Comparator.comparing(element -> value(first(element.key()))));
        for (int index = 1; index < sorted.size(); index++) {
            SetElement before = sorted.get(index - 1);
            SetElement element = sorted.get(index);
            boolean common = value(first(element.key())).compareTo(value(last(before.key()))) <= 0;
            if (common && !element.equals(before)) {
                return true;
            }
        }
        return false;
    }

    /** An interval of one value as the value. */
    private static SetElement single(SetElement element) {
        return element.key() instanceof Interval interval && interval.from().equals(interval.to())
                ? new SetElement(
                        interval.from(),
                        element.data(),
                        element.timeout(),
                        element.expires(),
                        element.comment(),
                        element.state())
                : element;
    }

    private static List<SetElement> joined(List<SetElement> elements) {
        List<SetElement> sorted = new ArrayList<>(elements);
        sorted.sort(Comparator.comparing(element -> value(first(element.key()))));
        List<SetElement> result = new ArrayList<>();
        for (SetElement element : sorted) {
            SetElement before = result.isEmpty() ? null : result.get(result.size() - 1);
            if (before == null
                    || value(last(before.key())).add(BigInteger.ONE).compareTo(value(first(element.key()))) < 0) {
                result.add(element);
            } else if (value(last(before.key())).compareTo(value(last(element.key()))) < 0) {
                Expression whole = new Interval(constant(first(before.key())), constant(last(element.key())));
                result.set(result.size() - 1, SetElement.of(whole));
            }
        }
        return result;
    }

    private static BigInteger value(@Nullable Constant constant) {
        return constant(constant).value();
    }

    private static Constant constant(@Nullable Constant constant) {
        return Objects.requireNonNull(constant);
    }

    /** The least value of a key, or null if it is no number. */
    static @Nullable Constant first(Expression key) {
        return key instanceof Constant constant
                ? constant
                : key instanceof Interval interval
                        ? interval.from()
                        : key instanceof Prefix prefix ? prefix.first() : null;
    }

    /** The greatest value of a key, or null if it is no number. */
    static @Nullable Constant last(Expression key) {
        return key instanceof Constant constant
                ? constant
                : key instanceof Interval interval
                        ? interval.to()
                        : key instanceof Prefix prefix ? prefix.last() : null;
    }
}
