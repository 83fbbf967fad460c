// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import dev.nfkit.nftables.statement.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The statements of a rule as nft prints them: it compares neighbouring fields together, and therefore prints them in the
 * order of the packet; two bounds become an interval; and it leaves out what other statements imply.
 */
final class Canonical {
    /** The most bits that are compared together above the link layer: the kernel compares these without a call. */
    private static final int FAST_BITS = 32;

    private static final int MOST_BITS = 128;

    private Canonical() {}

    static List<Statement> of(AddressFamily family, List<Statement> statements) {
        List<Statement> named = new RawFields(family).named(statements);
        return new Dependencies(family).implied(inOrder(bounded(named)));
    }

    /** Two bounds of the same expression as an interval. */
    private static List<Statement> bounded(List<Statement> statements) {
        List<Statement> result = new ArrayList<>();
        for (Statement statement : statements) {
            Statement before = result.isEmpty() ? statement : result.get(result.size() - 1);
            if (before instanceof Match first
                    && statement instanceof Match second
                    && first.operator() == Operator.GREATER_OR_EQUAL
                    && second.operator() == Operator.LESS_OR_EQUAL
                    && first.left().equals(second.left())
                    && first.right() instanceof Constant from
                    && second.right() instanceof Constant to
                    && from.value().compareTo(to.value()) <= 0) {
                result.set(result.size() - 1, Match.of(first.left(), new Interval(from, to)));
            } else {
                result.add(statement);
            }
        }
        return result;
    }

    private static List<Statement> inOrder(List<Statement> statements) {
        List<Statement> result = new ArrayList<>();
        List<Match> group = new ArrayList<>();
        for (Statement statement : statements) {
            if (!(statement instanceof Match match) || !joins(group, match)) {
                flush(group, result);
            }
            if (statement instanceof Match match && isWhole(match)) {
                group.add(match);
            } else {
                result.add(statement);
            }
        }
        flush(group, result);
        return result;
    }

    private static void flush(List<Match> group, List<Statement> result) {
        group.sort(Comparator.comparingInt(match -> field(match).offset()));
        result.addAll(group);
        group.clear();
    }

    /** Whether a match compares whole bytes of a header with one value. */
    private static boolean isWhole(Match match) {
        return match.left() instanceof HeaderField field
                && match.right() instanceof Constant
                && (match.operator() == Operator.IMPLICIT || match.operator() == Operator.EQUAL)
                && field.type().kind() != DataType.Kind.BITS
                && field.offset() % Byte.SIZE == 0
                && field.bits() % Byte.SIZE == 0;
    }

    private static HeaderField field(Match match) {
        return (HeaderField) match.left();
    }

    private static boolean joins(List<Match> group, Match match) {
        if (group.isEmpty() || !isWhole(match)) {
            return false;
        }
        HeaderField field = field(match);
        PayloadBase base = field.protocol().base();
        int start = group.stream().mapToInt(each -> field(each).offset()).min().orElseThrow();
        int end = group.stream()
                .mapToInt(each -> field(each).offset() + field(each).bits())
                .max()
                .orElseThrow();
        boolean adjacent = field.offset() == end || field.offset() + field.bits() == start;
        int most = base == PayloadBase.LINK ? MOST_BITS : FAST_BITS;
        return field(group.get(0)).protocol().base() == base && adjacent && end - start + field.bits() <= most;
    }
}
