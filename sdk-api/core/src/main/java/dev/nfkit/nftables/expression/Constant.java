// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.math.BigInteger;
import java.net.InetAddress;

/**
 * A number, address, port or set of flags that is written in a rule.
 *
 * <pre>{@code
 * Constant.port(443)
 * Constant.address(InetAddress.getByName("10.0.0.1"))
 * Constant.of(DataType.MARK, 7)
 * }</pre>
 *
 * @param type the type
 * @param bits the size, 1 to 1024
 * @param value the value, not negative, of at most that many bits; the first byte of an address is its most significant
 */
public record Constant(DataType type, int bits, BigInteger value) implements Expression {
    private static final int LONGEST = 1024;

    /**
     * Checks the value's size.
     *
     * @throws IllegalArgumentException if the size is out of range, or the value is negative or exceeds it
     */
    public Constant {
        if (bits < 1 || bits > LONGEST) {
            throw new IllegalArgumentException("bits " + bits + " is out of 1 to " + LONGEST);
        }
        if (value.signum() < 0 || value.bitLength() > bits) {
            throw new IllegalArgumentException(type.text() + " " + value + " is out of the range of " + bits + " bits");
        }
    }

    /**
     * A constant of a type with a fixed size.
     *
     * @param type the type
     * @param value the value, as an unsigned number
     * @return the constant
     * @throws IllegalArgumentException if the type has no fixed size, or the value exceeds it
     */
    public static Constant of(DataType type, long value) {
        return of(type, unsigned(value));
    }

    /**
     * A constant of a type with a fixed size.
     *
     * @param type the type
     * @param value the value
     * @return the constant
     * @throws IllegalArgumentException if the type has no fixed size, or the value exceeds it
     */
    public static Constant of(DataType type, BigInteger value) {
        if (type.bits() == 0) {
            throw new IllegalArgumentException("values of type " + type.text() + " have no fixed size: name the bits");
        }
        return new Constant(type, type.bits(), value);
    }

    /**
     * A constant of the type and size of what a selector reads.
     *
     * @param selector the selector, such as {@code HeaderField.TCP_DPORT}
     * @param value the value, as an unsigned number
     * @return the constant
     * @throws IllegalArgumentException if the value exceeds the size
     */
    public static Constant of(Selector selector, long value) {
        return new Constant(selector.type(), selector.bits(), unsigned(value));
    }

    /**
     * An address.
     *
     * @param address IPv4 or IPv6
     * @return the constant
     */
    public static Constant address(InetAddress address) {
        byte[] bytes = address.getAddress();
        return of(bytes.length == 4 ? DataType.IPV4_ADDR : DataType.IPV6_ADDR, new BigInteger(1, bytes));
    }

    /**
     * A port.
     *
     * @param port 0 to 65535
     * @return the constant
     * @throws IllegalArgumentException if the port is out of range
     */
    public static Constant port(int port) {
        return of(DataType.INET_SERVICE, BigInteger.valueOf(port));
    }

    private static BigInteger unsigned(long value) {
        BigInteger signed = BigInteger.valueOf(value);
        return value < 0 ? signed.add(BigInteger.ONE.shiftLeft(Long.SIZE)) : signed;
    }
}
