// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Range;
import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads comparisons. */
final class MatchReader {
    private final Expressions expressions;
    private final Templates templates;

    MatchReader(Expressions expressions, Templates templates) {
        this.expressions = expressions;
        this.templates = templates;
    }

    /** The matches that a comparison stands for: several if it compares neighbouring fields. */
    List<Match> compare(Cmp cmp, Loaded loaded) {
        byte[] bytes = cmp.data().toArray();
        if (loaded instanceof Loaded.Packet packet) {
            return comparePacket(cmp.op(), packet, bytes);
        } else if (loaded instanceof Loaded.Masked masked && masked.xor().signum() == 0) {
            return List.of(compareMasked(cmp.op(), masked, bytes));
        }
        Shape shape = expressions.shape(loaded);
        boolean first =
                bytes.length < shape.bytes() && !shape.host() && shape.type().kind() == DataType.Kind.NUMBER;
        if (!first) {
            requireWhole(shape, bytes);
        }
        return List.of(new Match(
                shape.expression(),
                operator(cmp.op(), shape.type()),
                first ? prefix(shape, bytes) : expressions.value(shape, bytes)));
    }

    /** Keeps a comparison of other bytes than those of the value as it is. The first characters of a text are a wildcard. */
    private static void requireWhole(Shape shape, byte[] bytes) {
        boolean fits = shape.type().kind() == DataType.Kind.TEXT
                ? bytes.length <= shape.bytes()
                : shape.expression() instanceof MapLookup || bytes.length == shape.bytes();
        if (!fits) {
            throw new UnreadableRuleException(
                    bytes.length + " bytes that are compared with the " + shape.bytes() + " of " + shape.expression());
        }
    }

    /** The first bytes of a value in network order. */
    private static Prefix prefix(Shape shape, byte[] bytes) {
        int length = bytes.length * Byte.SIZE;
        BigInteger value = new BigInteger(1, bytes).shiftLeft(shape.bits() - length);
        return new Prefix(Expressions.constant(shape, value), length);
    }

    /** The match of an interval: not less than the one value, not greater than the other. */
    Match interval(Cmp from, Cmp to, Loaded loaded) {
        Shape shape = expressions.shape(loaded);
        return new Match(
                shape.expression(),
                Operator.IMPLICIT,
                interval(shape, from.data().toArray(), to.data().toArray()));
    }

    Match range(Range range, Loaded loaded) {
        Shape shape = expressions.shape(loaded);
        return new Match(
                shape.expression(),
                range.outside() ? Operator.NOT_EQUAL : Operator.IMPLICIT,
                interval(shape, range.from().toArray(), range.to().toArray()));
    }

    private Expression interval(Shape shape, byte[] from, byte[] to) {
        requireWhole(shape, from);
        requireWhole(shape, to);
        if (expressions.value(shape, from) instanceof Constant first
                && expressions.value(shape, to) instanceof Constant last) {
            return new Interval(first, last);
        }
        throw new UnreadableRuleException("an interval of text");
    }

    private List<Match> comparePacket(Cmp.Op op, Loaded.Packet packet, byte[] bytes) {
        int offset = packet.offset() * Byte.SIZE;
        int bits = packet.bytes() * Byte.SIZE;
        requireWhole(expressions.shape(packet), bytes);
        Optional<HeaderField> exact = templates.field(packet.base(), offset, bits);
        boolean equality = op == Cmp.Op.EQ || op == Cmp.Op.NEQ;
        if (exact.isEmpty() && equality) {
            Optional<HeaderField> longer = templates.longer(packet.base(), offset, bits);
            if (longer.isPresent()) {
                HeaderField field = longer.get();
                BigInteger value = new BigInteger(1, bytes).shiftLeft(field.bits() - bits);
                Prefix prefix = new Prefix(new Constant(field.type(), field.bits(), value), bits);
                return List.of(new Match(field, operator(op, field.type()), prefix));
            }
            List<HeaderField> fields = templates.fields(packet.base(), offset, bits);
            if (!fields.isEmpty() && op == Cmp.Op.EQ) {
                return neighbours(fields, bytes);
            }
        }
        Shape shape = expressions.shape(packet);
        return List.of(new Match(shape.expression(), operator(op, shape.type()), expressions.value(shape, bytes)));
    }

    private static List<Match> neighbours(List<HeaderField> fields, byte[] bytes) {
        BigInteger all = new BigInteger(1, bytes);
        int left = bytes.length * Byte.SIZE;
        List<Match> matches = new ArrayList<>();
        for (HeaderField field : fields) {
            left -= field.bits();
            BigInteger value = all.shiftRight(left).and(Numbers.ones(field.bits()));
            matches.add(new Match(
                    field, operator(Cmp.Op.EQ, field.type()), new Constant(field.type(), field.bits(), value)));
        }
        return matches;
    }

    private Match compareMasked(Cmp.Op op, Loaded.Masked masked, byte[] bytes) {
        Shape whole = expressions.shape(masked);
        requireWhole(whole, bytes);
        if (!(whole.expression() instanceof BinaryExpression binary)
                || !(binary.right() instanceof Constant mask)
                || binary.operator() != BinaryExpression.Operator.AND) {
            return new Match(whole.expression(), operator(op, whole.type()), expressions.value(whole, bytes));
        }
        Expression value = expressions.value(whole, bytes);
        boolean zero = value instanceof Constant constant && constant.value().signum() == 0;
        if (whole.type().kind() == DataType.Kind.BITS && zero) {
            Operator operator = op == Cmp.Op.NEQ ? Operator.IMPLICIT : Operator.NONE_OF;
            return new Match(binary.left(), operator, mask);
        }
        if (value instanceof Constant constant && isPrefix(mask, constant) && op != Cmp.Op.LT) {
            int length = mask.bits() - Numbers.trailingZeros(mask.value(), mask.bits());
            return new Match(binary.left(), operator(op, whole.type()), new Prefix(constant, length));
        }
        return new Match(binary, op == Cmp.Op.EQ ? Operator.EQUAL : operator(op, DataType.BITMASK), value);
    }

    /** Whether a mask keeps the first bits of a value, and the value has no others. */
    private static boolean isPrefix(Constant mask, Constant value) {
        if (!mask.type().hasPrefixes()) {
            return false;
        }
        int rest = Numbers.trailingZeros(mask.value(), mask.bits());
        boolean first = mask.value().equals(Numbers.ones(mask.bits() - rest).shiftLeft(rest));
        return first && value.value().andNot(mask.value()).signum() == 0;
    }

    private static Operator operator(Cmp.Op op, DataType type) {
        return switch (op) {
            case EQ -> type.kind() == DataType.Kind.BITS ? Operator.EQUAL : Operator.IMPLICIT;
            case NEQ -> Operator.NOT_EQUAL;
            case LT -> Operator.LESS;
            case LTE -> Operator.LESS_OR_EQUAL;
            case GT -> Operator.GREATER;
            case GTE -> Operator.GREATER_OR_EQUAL;
        };
    }
}
