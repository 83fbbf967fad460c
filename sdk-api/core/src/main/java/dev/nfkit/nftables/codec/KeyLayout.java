// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Wildcard;
import dev.nfkit.wire.Netlink;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the key or the data of a set's elements is a row of bytes: the fields of a concatenation, each padded to four bytes, in
 * network order or in that of the host. Immutable.
 */
public final class KeyLayout {
    private static final int MOST = 64;

    private final List<Field> fields;
    private final boolean interval;
    private final int length;

    /**
     * A field.
     *
     * @param type its type
     * @param bytes its length without padding
     * @param host whether it is in the byte order of the host
     */
    public record Field(DataType type, int bytes, boolean host) {}

    private KeyLayout(List<Field> fields, boolean interval, int length) {
        this.fields = List.copyOf(fields);
        this.interval = interval;
        this.length = length;
    }

    /**
     * The layout of types.
     *
     * @param types the types of the fields
     * @param lengths their lengths in bytes
     * @param host whether their values are in the byte order of the host, as far as they are no texts
     * @param interval whether elements are intervals: then all fields are in network order
     * @return the layout
     * @throws IllegalArgumentException if there is no field, or the length exceeds 64 bytes
     */
    public static KeyLayout of(List<DataType> types, List<Integer> lengths, List<Boolean> host, boolean interval) {
        List<Field> fields = new ArrayList<>(types.size());
        int length = 0;
        for (int i = 0; i < types.size(); i++) {
            DataType type = types.get(i);
            boolean inHostOrder = host.get(i) && type.kind() != DataType.Kind.TEXT && !interval;
            fields.add(new Field(type, lengths.get(i), inHostOrder));
            length += types.size() == 1 ? lengths.get(i) : Netlink.align(lengths.get(i));
        }
        if (length < 1 || length > MOST) {
            throw new IllegalArgumentException(
                    "types " + types + " have " + length + " bytes; 1 to " + MOST + " are permitted");
        }
        return new KeyLayout(fields, interval, length);
    }

    /**
     * The length of a type's values.
     *
     * @param type the type
     * @return bytes
     * @throws IllegalArgumentException if it has no fixed size
     */
    public static int bytes(DataType type) {
        if (type.bits() == 0) {
            throw new IllegalArgumentException(
                    "type " + type.text() + " has no fixed size, so the set needs its length");
        }
        return (type.bits() + 7) / 8;
    }

    /**
     * The length of the row.
     *
     * @return 1 to 64 bytes
     */
    public int length() {
        return length;
    }

    /**
     * The fields.
     *
     * @return at least one
     */
    public List<Field> fields() {
        return fields;
    }

    /**
     * Whether elements are intervals.
     *
     * @return whether the set has the flag
     */
    public boolean interval() {
        return interval;
    }

    /**
     * The row of the lowest value of an expression.
     *
     * @param value a value, or a concatenation of as many as there are fields
     * @param order the byte order of the host
     * @return the bytes
     * @throws IllegalArgumentException if it does not fit the types
     */
    public byte[] low(Expression value, ByteOrder order) {
        return row(value, order, false);
    }

    /**
     * The row of the highest value of an expression.
     *
     * @param value as for {@link #low}
     * @param order the byte order of the host
     * @return the bytes
     * @throws IllegalArgumentException if it does not fit the types
     */
    public byte[] high(Expression value, ByteOrder order) {
        return row(value, order, true);
    }

    private byte[] row(Expression value, ByteOrder order, boolean high) {
        if (fields.size() == 1) {
            return field(fields.get(0), value, order, high);
        }
        if (!(value instanceof Concatenation concatenation)
                || concatenation.parts().size() != fields.size()) {
            throw new IllegalArgumentException(KeyText.of(value) + " is no concatenation of " + fields.size()
                    + " values, as " + types() + " requires");
        }
        byte[] row = new byte[length];
        int at = 0;
        for (int i = 0; i < fields.size(); i++) {
            byte[] bytes = field(fields.get(i), concatenation.parts().get(i), order, high);
            System.arraycopy(bytes, 0, row, at, bytes.length);
            at += Netlink.align(bytes.length);
        }
        return row;
    }

    private byte[] field(Field field, Expression value, ByteOrder order, boolean high) {
        if (value instanceof Constant constant) {
            return number(field, constant, order);
        }
        if (value instanceof Text text && text.type() == field.type) {
            return text(field, text, high);
        }
        boolean single = value instanceof Prefix prefix
                && prefix.length() == prefix.value().bits();
        boolean ranged = value instanceof Prefix || value instanceof Interval || value instanceof Wildcard;
        if (ranged && !interval && !single) {
            throw new IllegalArgumentException(
                    KeyText.of(value) + " is more than one value, which only a set with flag interval can hold");
        }
        if (value instanceof Prefix prefix) {
            return number(field, high ? prefix.last() : prefix.first(), order);
        }
        if (value instanceof Interval range) {
            return number(field, high ? range.to() : range.from(), order);
        }
        if (value instanceof Wildcard) {
            byte[] bytes = new byte[field.bytes];
            Arrays.fill(bytes, (byte) (high ? 0xff : 0));
            return bytes;
        }
        throw new IllegalArgumentException(KeyText.of(value) + " is no value of type " + field.type.text());
    }

    private static byte[] number(Field field, Constant constant, ByteOrder order) {
        DataType type = constant.type();
        if (type != field.type && type != DataType.INTEGER && field.type != DataType.INTEGER) {
            throw new IllegalArgumentException(
                    KeyText.of(constant) + " of type " + type.text() + " is no value of type " + field.type.text());
        }
        byte[] bytes = new byte[field.bytes];
        byte[] value = constant.value().toByteArray(); // at least one byte, with a sign bit
        int from = value.length > 1 && value[0] == 0 ? 1 : 0;
        int count = value.length - from;
        if (count > bytes.length) {
            throw new IllegalArgumentException(
                    KeyText.of(constant) + " exceeds the " + bytes.length + " bytes of type " + field.type.text());
        }
        System.arraycopy(value, from, bytes, bytes.length - count, count);
        if (field.host && order == ByteOrder.LITTLE_ENDIAN) {
            reverse(bytes);
        }
        return bytes;
    }

    private byte[] text(Field field, Text text, boolean high) {
        byte[] value = text.text().getBytes(StandardCharsets.UTF_8);
        if (text.open() && !interval) {
            throw new IllegalArgumentException(
                    text.text() + "* is more than one value, which only a set with flag interval can hold");
        }
        if (value.length > field.bytes) {
            throw new IllegalArgumentException(
                    text.text() + " exceeds the " + field.bytes + " bytes of type " + field.type.text());
        }
        byte[] bytes = Arrays.copyOf(value, field.bytes);
        if (high && text.open()) {
            Arrays.fill(bytes, value.length, bytes.length, (byte) 0xff);
        }
        return bytes;
    }

    /**
     * The expression of two rows.
     *
     * @param low the lowest value
     * @param high the highest value; the same for a single one
     * @param order the byte order of the host
     * @return a value, prefix or interval, or a concatenation of them
     */
    public Expression read(byte[] low, byte[] high, ByteOrder order) {
        if (low.length != length || high.length != length) {
            return new Constant(DataType.INTEGER, 8 * Math.min(MOST, low.length), new BigInteger(1, low));
        }
        List<Expression> parts = new ArrayList<>(fields.size());
        int at = 0;
        for (Field field : fields) {
            byte[] from = Arrays.copyOfRange(low, at, at + field.bytes);
            byte[] to = Arrays.copyOfRange(high, at, at + field.bytes);
            parts.add(read(field, from, to, order));
            at += Netlink.align(field.bytes);
        }
        return parts.size() == 1 ? parts.get(0) : new Concatenation(parts);
    }

    private static Expression read(Field field, byte[] low, byte[] high, ByteOrder order) {
        if (field.type.kind() == DataType.Kind.TEXT) {
            Expression text = KeyText.read(field.type, low, high);
            if (text != null) {
                return text;
            }
        }
        if (field.host && order == ByteOrder.LITTLE_ENDIAN) {
            reverse(low);
            reverse(high);
        }
        Constant from = new Constant(field.type, 8 * field.bytes, new BigInteger(1, low));
        BigInteger last = new BigInteger(1, high);
        int differing = from.value().xor(last).bitLength();
        if (differing == 0) {
            return from;
        }
        BigInteger rest = BigInteger.ONE.shiftLeft(differing).subtract(BigInteger.ONE);
        boolean prefix = field.type.hasPrefixes()
                && from.value().and(rest).signum() == 0
                && last.and(rest).equals(rest);
        if (prefix) {
            return new Prefix(from, from.bits() - differing);
        }
        return last.compareTo(from.value()) < 0
                ? from
                : new Interval(from, new Constant(field.type, from.bits(), last));
    }

    private static void reverse(byte... bytes) {
        for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
            byte first = bytes[i];
            bytes[i] = bytes[j];
            bytes[j] = first;
        }
    }

    private String types() {
        return String.join(
                " . ", fields.stream().map(field -> field.type.text()).toList());
    }
}
