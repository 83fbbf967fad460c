// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/** Constant bytes as in a register: 1 to 64, in the byte order that the instructions around them require. Immutable. */
public final class Constant implements Data {
    /** {@code NFT_DATA_VALUE_MAXLEN}. */
    public static final int MOST = 64;

    private final byte[] value;

    private Constant(byte[] value) {
        Checks.range("length of a constant", value.length, 1, MOST);
        this.value = value;
    }

    /**
     * A constant of some bytes.
     *
     * @param value the bytes, copied
     * @return the constant
     * @throws IllegalArgumentException if they are none or more than 64
     */
    public static Constant of(byte... value) {
        return new Constant(value.clone());
    }

    /**
     * A big-endian number.
     *
     * @param value the number; the bits above the length are ignored
     * @param length 1 to 8 bytes
     * @return the constant
     * @throws IllegalArgumentException if the length is out of range
     */
    public static Constant bigEndian(long value, int length) {
        return number(value, length, ByteOrder.BIG_ENDIAN);
    }

    /**
     * A number.
     *
     * @param value the number; the bits above the length are ignored
     * @param length 1 to 8 bytes
     * @param order its byte order; the host's for what the kernel has as a number of its own, such as a mark
     * @return the constant
     * @throws IllegalArgumentException if the length is out of range
     */
    public static Constant number(long value, int length, ByteOrder order) {
        Checks.range("length of a number", length, 1, Long.BYTES);
        byte[] all = ByteBuffer.allocate(Long.BYTES).order(order).putLong(value).array();
        return new Constant(
                order == ByteOrder.BIG_ENDIAN
                        ? Arrays.copyOfRange(all, Long.BYTES - length, Long.BYTES)
                        : Arrays.copyOf(all, length));
    }

    /**
     * The number of bytes.
     *
     * @return 1 to 64
     */
    public int length() {
        return value.length;
    }

    /**
     * One byte.
     *
     * @param index from 0
     * @return 0 to 255
     * @throws IndexOutOfBoundsException if the index exceeds the constant
     */
    public int u8(int index) {
        return value[index] & 0xff;
    }

    /**
     * The bytes.
     *
     * @return a copy
     */
    public byte[] toArray() {
        return value.clone();
    }

    /**
     * The bytes as an unsigned number.
     *
     * @param order their byte order
     * @return the number; its low 64 bits if there are more than 8 bytes
     */
    public long toNumber(ByteOrder order) {
        long number = 0;
        for (int i = 0; i < value.length; i++) {
            number = (number << 8) | u8(order == ByteOrder.BIG_ENDIAN ? i : value.length - 1 - i);
        }
        return number;
    }

    @Override
    public void writeContent(MessageWriter writer) {
        writer.bytes(VALUE, value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Constant constant && Arrays.equals(value, constant.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(value);
    }
}
