// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.BinaryExpression.Operator;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.Text;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Finds the expressions that registers hold, and the values that they are compared with. */
final class Expressions {
    private static final int NAME_BYTES = 16;

    private final Knowledge knowledge;
    private final Templates templates;
    private final ByteOrder machine;

    Expressions(Knowledge knowledge, Templates templates, ByteOrder machine) {
        this.knowledge = knowledge;
        this.templates = templates;
        this.machine = machine;
    }

    ByteOrder machine() {
        return machine;
    }

    /** The expression in a register, and how its bytes are a value. */
    Shape shape(Loaded loaded) {
        if (loaded instanceof Loaded.Network network) {
            Shape shape = shape(network.of());
            return new Shape(shape.expression(), shape.type(), shape.bits(), shape.bytes(), false, shape.shift());
        } else if (loaded instanceof Loaded.Packet packet) {
            return shape(
                    templates.selector(packet.base(), packet.offset() * Byte.SIZE, packet.bytes() * Byte.SIZE),
                    packet.bytes(),
                    0);
        } else if (loaded instanceof Loaded.Option option) {
            return shape(
                    templates.option(option, option.offset() * Byte.SIZE, option.bytes() * Byte.SIZE),
                    option.bytes(),
                    0);
        } else if (loaded instanceof Loaded.Known known) {
            return knownShape(known);
        } else if (loaded instanceof Loaded.Present present) {
            return new Shape(present.fib(), DataType.BOOLEAN, Byte.SIZE, present.bytes(), true, 0);
        } else if (loaded instanceof Loaded.Masked masked) {
            return maskedShape(masked);
        } else if (loaded instanceof Loaded.Shifted shifted) {
            return shiftedShape(shifted);
        }
        throw new UnreadableRuleException("a constant where an expression is expected");
    }

    private static Shape shape(Selector selector, int bytes, int shift) {
        return new Shape(selector, selector.type(), selector.bits(), bytes, false, shift);
    }

    private static Shape knownShape(Loaded.Known known) {
        Expression expression = known.expression();
        if (expression instanceof Selector selector) {
            return new Shape(expression, selector.type(), selector.bits(), known.bytes(), known.host(), 0);
        }
        return new Shape(expression, DataType.INTEGER, known.bytes() * Byte.SIZE, known.bytes(), known.host(), 0);
    }

    private Shape maskedShape(Loaded.Masked masked) {
        Shape part = masked.xor().signum() == 0 ? bits(masked.of(), masked.mask()) : null;
        if (part != null) {
            return part;
        }
        Shape inner = shape(masked.of());
        Expression expression = operation(inner, masked.mask(), masked.xor());
        return new Shape(expression, inner.type(), inner.bits(), inner.bytes(), inner.host(), 0);
    }

    /** The field that a mask leaves of loaded bytes, or null if there is none at its place. */
    private @Nullable Shape bits(Loaded of, BigInteger mask) {
        if (!Numbers.isContiguous(mask)) {
            return null;
        }
        int size = of.bytes() * Byte.SIZE;
        int after = mask.getLowestSetBit();
        int count = mask.bitCount();
        int before = size - after - count;
        if (count == size) {
            return null;
        }
        if (of instanceof Loaded.Packet packet) {
            int offset = packet.offset() * Byte.SIZE + before;
            return templates
                    .field(packet.base(), offset, count)
                    .filter(field -> field.bits() % Byte.SIZE != 0 || field.offset() % Byte.SIZE != 0)
                    .map(field -> shape(field, packet.bytes(), after))
                    .orElseGet(() -> rawBits(packet, offset, count, after));
        } else if (of instanceof Loaded.Option option) {
            int offset = option.offset() * Byte.SIZE + before;
            boolean whole = templates
                    .optionField(option, option.offset() * Byte.SIZE, size)
                    .isPresent();
            if (whole && templates.optionField(option, offset, count).isEmpty()) {
                return null;
            }
            return shape(templates.option(option, offset, count), option.bytes(), after);
        }
        return null;
    }

    /** Bits that are no field, unless all the bytes are one: then its value is masked. */
    private @Nullable Shape rawBits(Loaded.Packet packet, int offset, int count, int after) {
        boolean field = templates
                .field(packet.base(), packet.offset() * Byte.SIZE, packet.bytes() * Byte.SIZE)
                .isPresent();
        return field ? null : shape(new RawPayload(packet.base(), offset, count), packet.bytes(), after);
    }

    private Shape shiftedShape(Loaded.Shifted shifted) {
        Shape inner = shape(shifted.of());
        if (!shifted.left() && inner.shift() == shifted.bits()) {
            return new Shape(inner.expression(), inner.type(), inner.bits(), inner.bytes(), inner.host(), 0);
        }
        Expression distance = new Constant(DataType.INTEGER, Integer.SIZE, BigInteger.valueOf(shifted.bits()));
        Expression expression = new BinaryExpression(
                shifted.left() ? Operator.SHIFT_LEFT : Operator.SHIFT_RIGHT, inner.expression(), distance);
        return new Shape(expression, inner.type(), inner.bits(), inner.bytes(), inner.host(), 0);
    }

    /** The operations that a mask and an exclusive or stand for, as nft writes them. */
    static Expression operation(Shape inner, BigInteger mask, BigInteger xor) {
        BigInteger ones = Numbers.ones(inner.bytes() * Byte.SIZE);
        BigInteger kept = mask.or(xor);
        if (xor.signum() != 0 && mask.equals(ones)) {
            return new BinaryExpression(Operator.XOR, inner.expression(), constant(inner, xor));
        }
        Expression result = inner.expression();
        if (!kept.equals(ones) || xor.signum() == 0) {
            result = new BinaryExpression(Operator.AND, result, constant(inner, kept));
        }
        if (xor.signum() != 0) {
            Operator operator = mask.and(xor).signum() == 0 ? Operator.OR : Operator.XOR;
            result = new BinaryExpression(operator, result, constant(inner, xor));
        }
        return result;
    }

    /** A value that is compared; a rule that compares with what the bits never have is kept as it is. */
    static Constant constant(Shape shape, BigInteger value) {
        if (value.bitLength() > shape.bits()) {
            throw new UnreadableRuleException("value " + value + " exceeds " + shape.bits() + " bits");
        }
        return new Constant(shape.type(), shape.bits(), value);
    }

    /** The value of bytes that are compared with an expression. */
    Expression value(Shape shape, byte[] bytes) {
        if (shape.type().kind() == DataType.Kind.TEXT) {
            return text(shape.type(), bytes);
        }
        BigInteger number = Numbers.of(bytes, shape.host(), machine).shiftRight(shape.shift());
        return constant(shape, number);
    }

    /** A value of a type, as an assignment has it. */
    Expression value(DataType type, int bits, boolean host, byte[] bytes) {
        if (type.kind() == DataType.Kind.TEXT) {
            return text(type, bytes);
        }
        BigInteger number = Numbers.of(bytes, host, machine);
        return new Constant(type, Math.max(bits, number.bitLength()), number);
    }

    static Expression text(DataType type, byte[] bytes) {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        boolean open = length == bytes.length && bytes.length < NAME_BYTES;
        return new Text(type, new String(bytes, 0, length, StandardCharsets.UTF_8), open);
    }

    /** Leaves out the matches that the fields in an expression imply. */
    void use(Expression expression) {
        if (expression instanceof HeaderField field) {
            knowledge.use(field);
        } else if (expression instanceof BinaryExpression binary) {
            use(binary.left());
        } else if (expression instanceof Hash hash) {
            use(hash.of());
        } else if (expression instanceof MapLookup lookup) {
            use(lookup.key());
        } else if (expression instanceof Concatenation concatenation) {
            concatenation.parts().forEach(this::use);
        } else if (expression instanceof ExtensionField field) {
            useHeader(field.header());
        } else if (expression instanceof ExtensionPresence presence) {
            useHeader(presence.header());
        }
    }

    private void useHeader(ExtensionHeader header) {
        switch (header.family()) {
            case IPV6, IPV4 -> knowledge.useNetwork();
            case SCTP, TCP -> {
                // The kernel looks for the protocol itself.
            }
        }
    }
}
