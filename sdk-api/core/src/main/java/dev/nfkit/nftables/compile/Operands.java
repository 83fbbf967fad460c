// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Generator;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Brings expressions into registers: selectors, operations on bits, hashes, lookups in maps. */
final class Operands {
    private final Code code;
    private final Selectors selectors;
    private final Literals literals;

    Operands(Code code, Selectors selectors, Literals literals) {
        this.code = code;
        this.selectors = selectors;
        this.literals = literals;
    }

    /** Brings an expression that is no concatenation to a word. The wanted form is that of a value, or null. */
    Operand load(Expression expression, int word, @Nullable Form wanted) {
        if (expression instanceof Hash hash) {
            return hash(hash, word);
        } else if (expression instanceof Selector selector) {
            return selectors.load(selector, word);
        } else if (expression instanceof BinaryExpression binary) {
            return binary(binary, word, wanted);
        } else if (expression instanceof MapLookup lookup && wanted != null) {
            return lookup(lookup, word, wanted);
        } else if ((expression instanceof Constant || expression instanceof Text) && wanted != null) {
            byte[] bytes = ValueBytes.of(expression, wanted.bytes(), wanted.host(), 0, code.machine());
            code.immediate(word, dev.nfkit.nftables.bytecode.Constant.of(bytes));
            return new Operand(word, wanted.bytes(), wanted.host(), 0);
        }
        throw new InvalidRuleException("cannot be loaded into a register: " + expression);
    }

    /** Brings the parts of a key to consecutive registers; for intervals in network order. */
    List<Operand> key(Expression key, int word, boolean network) {
        List<Expression> parts = parts(key);
        List<Operand> operands = new ArrayList<>();
        int at = word;
        for (Expression part : parts) {
            Operand operand = load(part, at, null);
            if (parts.size() > 1) {
                operand = unshifted(operand);
            }
            operands.add(network ? code.network(operand) : operand);
            at = operand.end();
        }
        return operands;
    }

    static List<Expression> parts(Expression key) {
        return key instanceof Concatenation concatenation ? concatenation.parts() : List.of(key);
    }

    /** The bytes that a key will take, at most: to take registers for it. */
    static int space(Expression key) {
        int words = 0;
        for (Expression part : parts(key)) {
            words += Code.words((Types.bits(part) + Byte.SIZE - 1) / Byte.SIZE);
        }
        return Math.max(1, words) * Integer.BYTES;
    }

    private Operand hash(Hash hash, int word) {
        int source = code.take(space(hash.of()));
        List<Operand> operands = key(hash.of(), source, false);
        int bytes = operands.size() == 1
                ? operands.get(0).bytes()
                : (operands.get(operands.size() - 1).end() - source) * Integer.BYTES;
        Long seed = hash.seed().isPresent() ? Long.valueOf(hash.seed().getAsLong()) : null;
        code.add(new Generator.Jhash(
                Code.register(word), Code.register(source), bytes, hash.modulus(), seed, hash.offset()));
        code.release(source);
        return new Operand(word, Integer.BYTES, true, 0);
    }

    private Operand lookup(MapLookup lookup, int word, Form wanted) {
        SetType type = new SetType(Types.of(lookup.key()), wanted.types());
        boolean interval = literals.isInterval(lookup.map());
        List<Operand> operands = key(lookup.key(), word, interval);
        Literals.Reference set = literals.map(lookup.map(), type, operands, wanted);
        code.add(new Lookup(set.name(), set.id(), Code.register(word), Code.register(word), null));
        return new Operand(word, wanted.bytes(), wanted.host(), 0);
    }

    /**
     * An operation on bits. A chain of and, or and exclusive or with constants is one instruction, as in nft: first a
     * mask, then an exclusive or.
     */
    private Operand binary(BinaryExpression binary, int word, @Nullable Form wanted) {
        List<BinaryExpression> chain = new ArrayList<>();
        Expression inner = binary;
        while (inner instanceof BinaryExpression operation && isMask(operation)) {
            chain.add(0, operation);
            inner = operation.left();
        }
        if (chain.isEmpty()) {
            return shift(binary, word, wanted);
        }
        Operand operand = unshifted(load(inner, word, wanted));
        BigInteger ones = Selectors.ones(operand.bytes() * Byte.SIZE);
        BigInteger mask = ones;
        BigInteger xor = BigInteger.ZERO;
        for (BinaryExpression operation : chain) {
            BigInteger value = constant(operation).value();
            switch (operation.operator()) {
                case AND -> {
                    mask = mask.and(value);
                    xor = xor.and(value);
                }
                case OR -> {
                    mask = mask.andNot(value);
                    xor = xor.or(value);
                }
                default -> xor = xor.xor(value);
            }
        }
        code.mask(operand, bytes(mask, operand), bytes(xor, operand));
        return operand;
    }

    /** Moves a value to the end of its bytes, as it is written. */
    private Operand unshifted(Operand operand) {
        if (operand.shift() == 0) {
            return operand;
        }
        code.shift(operand, false, operand.shift());
        return new Operand(operand.word(), operand.bytes(), operand.host(), 0);
    }

    private Operand shift(BinaryExpression binary, int word, @Nullable Form wanted) {
        Operand operand = load(binary.left(), word, wanted);
        boolean left = binary.operator() == BinaryExpression.Operator.SHIFT_LEFT;
        code.shift(operand, left, constant(binary).value().longValue());
        return operand;
    }

    private static boolean isMask(BinaryExpression binary) {
        return switch (binary.operator()) {
            case AND, OR, XOR -> true;
            case SHIFT_LEFT, SHIFT_RIGHT -> false;
        };
    }

    private static Constant constant(BinaryExpression binary) {
        if (binary.right() instanceof Constant constant) {
            return constant;
        }
        throw new InvalidRuleException(
                "the right operand of " + binary.operator().symbol() + " must be a constant, not " + binary.right());
    }

    byte[] bytes(BigInteger value, Operand operand) {
        return ValueBytes.number(value, operand.bytes(), operand.host(), code.machine(), DataType.BITMASK);
    }
}
