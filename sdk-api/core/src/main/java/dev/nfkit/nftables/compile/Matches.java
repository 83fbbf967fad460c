// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.bytecode.Range;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Fib;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;

/** Comparisons. */
final class Matches {
    private final Code code;
    private final Selectors selectors;
    private final Operands operands;
    private final Literals literals;

    Matches(Code code, Selectors selectors, Operands operands, Literals literals) {
        this.code = code;
        this.selectors = selectors;
        this.operands = operands;
        this.literals = literals;
    }

    void compile(Match match) {
        Expression left = match.left();
        Expression right = match.right();
        Operator operator = match.operator();
        if (right instanceof SetLiteral || right instanceof SetReference) {
            lookup(left, operator, right);
        } else if (left instanceof Concatenation) {
            throw new InvalidRuleException("a concatenation is compared with a set or map, not with a single value");
        } else if (right instanceof Prefix prefix && isWholeBytes(left, prefix)) {
            comparePrefix((HeaderField) left, operator, prefix);
        } else {
            compare(left, operator, right);
        }
    }

    private void compare(Expression left, Operator operator, Expression right) {
        int word = code.take(Operands.space(left));
        Operand operand = left instanceof Fib fib && isBoolean(right)
                ? selectors.loadFibPresence(fib, word)
                : operands.load(left, word, null);
        if (right instanceof Constant constant) {
            compareConstant(operand, operator, constant);
        } else if (right instanceof Text text) {
            compareText(operand, operator, text);
        } else if (right instanceof Prefix prefix && isFirstBytes(operand, prefix)) {
            byte[] whole = bytes(prefix.first(), operand);
            code.compare(equality(operator), word, Arrays.copyOf(whole, prefix.length() / Byte.SIZE));
        } else if (right instanceof Prefix prefix) {
            BigInteger mask = Selectors.ones(prefix.length())
                    .shiftLeft(prefix.value().bits() - prefix.length() + operand.shift());
            code.mask(operand, operands.bytes(mask, operand), new byte[operand.bytes()]);
            code.compare(equality(operator), word, bytes(prefix.first(), operand));
        } else if (right instanceof Interval interval) {
            compareInterval(operand, operator, interval);
        } else {
            throw new InvalidRuleException("cannot be compared with: " + right);
        }
        code.release(word);
    }

    /** Whether a prefix is the first bytes of a value in network order: then only these are compared. */
    private static boolean isFirstBytes(Operand operand, Prefix prefix) {
        return !operand.host()
                && operand.shift() == 0
                && operand.bytes() * Byte.SIZE == prefix.value().bits()
                && prefix.length() % Byte.SIZE == 0
                && prefix.length() > 0;
    }

    private static boolean isBoolean(Expression right) {
        return right instanceof Constant constant && constant.type() == DataType.BOOLEAN;
    }

    private void compareConstant(Operand operand, Operator operator, Constant constant) {
        boolean flags = constant.type().kind() == DataType.Kind.BITS;
        if (operator == Operator.NONE_OF || (operator == Operator.IMPLICIT && flags)) {
            code.mask(operand, bytes(constant, operand), new byte[operand.bytes()]);
            code.compare(
                    operator == Operator.NONE_OF ? Cmp.Op.EQ : Cmp.Op.NEQ, operand.word(), new byte[operand.bytes()]);
            return;
        }
        Operand compared = isOrder(operator) ? code.network(operand) : operand;
        code.compare(operation(operator), operand.word(), bytes(constant, compared));
    }

    private void compareText(Operand operand, Operator operator, Text text) {
        byte[] value = ValueBytes.utf8(text);
        if (text.open() && value.length == 0) {
            throw new InvalidRuleException("a name of nothing but an asterisk matches everything");
        }
        byte[] compared = text.open() ? value : Arrays.copyOf(value, operand.bytes());
        code.compare(equality(operator), operand.word(), compared);
    }

    private void compareInterval(Operand operand, Operator operator, Interval interval) {
        Operand ordered = code.network(operand);
        byte[] from = bytes(interval.from(), ordered);
        byte[] to = bytes(interval.to(), ordered);
        if (equality(operator) == Cmp.Op.EQ) {
            code.compare(Cmp.Op.GTE, operand.word(), from);
            code.compare(Cmp.Op.LTE, operand.word(), to);
        } else {
            code.add(new Range(
                    true,
                    Code.register(operand.word()),
                    dev.nfkit.nftables.bytecode.Constant.of(from),
                    dev.nfkit.nftables.bytecode.Constant.of(to)));
        }
    }

    private void lookup(Expression left, Operator operator, Expression right) {
        boolean inverted = equality(operator) == Cmp.Op.NEQ;
        int word = code.take(Operands.space(left));
        List<Operand> key = operands.key(left, word, literals.isInterval(right));
        Literals.Reference set = literals.set(right, new SetType(Types.of(left), List.of()), key);
        code.add(new Lookup(set.name(), set.id(), Code.register(word), null, inverted ? Lookup.INVERT : null));
        code.release(word);
    }

    /** Whether a prefix ends with a byte of a field: then only these bytes are loaded. */
    private static boolean isWholeBytes(Expression left, Prefix prefix) {
        return left instanceof HeaderField field
                && field.offset() % Byte.SIZE == 0
                && field.bits() % Byte.SIZE == 0
                && prefix.length() % Byte.SIZE == 0
                && prefix.length() > 0;
    }

    private void comparePrefix(HeaderField field, Operator operator, Prefix prefix) {
        int bytes = prefix.length() / Byte.SIZE;
        int word = code.take(bytes);
        code.add(new Payload.Load(
                Selectors.base(field.protocol().base()), field.offset() / Byte.SIZE, bytes, Code.register(word)));
        byte[] whole = ValueBytes.of(prefix.first(), field.bits() / Byte.SIZE, false, 0, code.machine());
        code.compare(equality(operator), word, Arrays.copyOf(whole, bytes));
        code.release(word);
    }

    private byte[] bytes(Constant constant, Operand operand) {
        return ValueBytes.of(constant, operand.bytes(), operand.host(), operand.shift(), code.machine());
    }

    private static boolean isOrder(Operator operator) {
        return switch (operator) {
            case LESS, GREATER, LESS_OR_EQUAL, GREATER_OR_EQUAL -> true;
            default -> false;
        };
    }

    private static Cmp.Op operation(Operator operator) {
        return switch (operator) {
            case LESS -> Cmp.Op.LT;
            case GREATER -> Cmp.Op.GT;
            case LESS_OR_EQUAL -> Cmp.Op.LTE;
            case GREATER_OR_EQUAL -> Cmp.Op.GTE;
            default -> equality(operator);
        };
    }

    private static Cmp.Op equality(Operator operator) {
        return switch (operator) {
            case IMPLICIT, EQUAL -> Cmp.Op.EQ;
            case NOT_EQUAL -> Cmp.Op.NEQ;
            default -> throw new InvalidRuleException(operator.symbol() + " compares with a single value only");
        };
    }
}
