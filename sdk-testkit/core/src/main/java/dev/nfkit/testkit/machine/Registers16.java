// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Registers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The 16 words of registers, as bytes of the host. */
public final class Registers16 {
    public static final ByteOrder HOST = ByteOrder.nativeOrder();
    public static final int WORD = 4;

    private static final boolean LITTLE = HOST == ByteOrder.LITTLE_ENDIAN;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, HOST);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, HOST);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, HOST);

    private static final byte[] NO_NAME = new byte[Device.NAME];

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

    // Each of these is one store, because a processor waits if a load follows that covers two of them.

    /** Stores 8 bits and clears the rest of the word. */
    public void u8(int offset, int value) {
        INT.set(bytes, offset, LITTLE ? value & 0xff : value << 24);
    }

    /** Stores 16 bits in host order and clears the rest of the word. */
    public void u16(int offset, int value) {
        INT.set(bytes, offset, LITTLE ? value & 0xffff : value << 16);
    }

    /** Stores 16 bits in network order and clears the rest of the word. */
    public void be16(int offset, int value) {
        u16(offset, LITTLE ? Short.reverseBytes((short) value) : value);
    }

    /** 16 bits in host order. */
    public int u16(int offset) {
        return (short) SHORT.get(bytes, offset) & 0xffff;
    }

    /** Stores bytes and clears the rest of the last word. */
    public void store(int offset, byte[] from, int at, int length) {
        switch (length) {
            case 1 -> u8(offset, from[at]);
            case 2 -> u16(offset, (short) SHORT.get(from, at));
            case 4 -> INT.set(bytes, offset, (int) INT.get(from, at));
            default -> {
                int tail = length & (WORD - 1);
                if (tail != 0) {
                    INT.set(bytes, offset + length - tail, 0);
                }
                System.arraycopy(from, at, bytes, offset, length);
            }
        }
    }

    /** Stores the name of a device, or zeros without one. */
    public void device(int offset, @Nullable Device device) {
        System.arraycopy(device == null ? NO_NAME : device.padded(), 0, bytes, offset, Device.NAME);
    }
}
