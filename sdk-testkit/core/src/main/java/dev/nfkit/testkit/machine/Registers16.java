package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Registers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The 16 words of registers, as bytes of the host. */
public final class Registers16 {
    public static final ByteOrder HOST = ByteOrder.nativeOrder();
    public static final int WORD = 4;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, HOST);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, HOST);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, HOST);

    private final byte[] bytes = new byte[64];

    /** Registers of zeros. */
    public Registers16() {}

    /** The position of a register in the bytes. */
    public static int offset(int register) {
        return Registers.word(register) * WORD;
    }

    /** All bytes, not a copy. */
    public byte[] bytes() {
        return bytes;
    }

    /** A word in host order. */
    public int word(int offset) {
        return (int) INT.get(bytes, offset);
    }

    /** Stores a word in host order. */
    public void word(int offset, int value) {
        INT.set(bytes, offset, value);
    }

    /** Stores 64 bits in host order. */
    public void u64(int offset, long value) {
        LONG.set(bytes, offset, value);
    }

    /** Stores 8 bits and clears the rest of the word. */
    public void u8(int offset, int value) {
        INT.set(bytes, offset, 0);
        bytes[offset] = (byte) value;
    }

    /** Stores 16 bits in host order and clears the rest of the word. */
    public void u16(int offset, int value) {
        INT.set(bytes, offset, 0);
        SHORT.set(bytes, offset, (short) value);
    }

    /** Stores 16 bits in network order and clears the rest of the word. */
    public void be16(int offset, int value) {
        INT.set(bytes, offset, 0);
        bytes[offset] = (byte) (value >> 8);
        bytes[offset + 1] = (byte) value;
    }

    /** 16 bits in host order. */
    public int u16(int offset) {
        return (short) SHORT.get(bytes, offset) & 0xffff;
    }

    /** Stores bytes and clears the rest of the last word. */
    public void store(int offset, byte[] from, int at, int length) {
        int tail = length & (WORD - 1);
        if (tail != 0) {
            INT.set(bytes, offset + length - tail, 0);
        }
        System.arraycopy(from, at, bytes, offset, length);
    }

    /** Stores text, padded with zeros to a length. */
    public void text(int offset, String text, int length) {
        Arrays.fill(bytes, offset, offset + length, (byte) 0);
        for (int i = 0; i < Math.min(text.length(), length - 1); i++) {
            bytes[offset + i] = (byte) text.charAt(i);
        }
    }
}
