// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Constant;
import java.math.BigInteger;
import java.nio.ByteOrder;

/** Numbers in registers. */
final class Numbers {
    private Numbers() {}

    static BigInteger of(byte[] bytes, boolean host, ByteOrder machine) {
        if (!host || machine == ByteOrder.BIG_ENDIAN) {
            return new BigInteger(1, bytes);
        }
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[bytes.length - 1 - i] = bytes[i];
        }
        return new BigInteger(1, reversed);
    }

    static BigInteger of(Constant constant, boolean host, ByteOrder machine) {
        return of(constant.toArray(), host, machine);
    }

    static BigInteger ones(int bits) {
        return BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
    }

    /** The number of bits after the last one that is set; the size if none is. */
    static int trailingZeros(BigInteger value, int size) {
        return value.signum() == 0 ? size : value.getLowestSetBit();
    }

    /** Whether the bits that are set follow each other without a gap. */
    static boolean isContiguous(BigInteger value) {
        return value.signum() != 0 && value.shiftRight(value.getLowestSetBit()).bitLength() == value.bitCount();
    }
}
