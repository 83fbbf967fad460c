// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.Fib;
import dev.nfkit.nftables.expression.PayloadBase;
import java.math.BigInteger;

/** What a register holds, as far as the instructions before show it. */
sealed interface Loaded {
    /**
     * The bytes of the value.
     *
     * @return 1 to 64
     */
    int bytes();

    /**
     * Bytes of the packet.
     *
     * @param base where the offset counts from
     * @param offset the first byte
     * @param bytes the number of bytes
     */
    record Packet(PayloadBase base, int offset, int bytes) implements Loaded {}

    /**
     * An expression that is known.
     *
     * @param expression the expression
     * @param bytes the bytes of its value
     * @param host whether it is in the byte order of the machine
     */
    record Known(Expression expression, int bytes, boolean host) implements Loaded {}

    /**
     * Bits of a TCP option, an extension header or the like.
     *
     * @param family what has the header
     * @param number the header's number
     * @param offset the first byte
     * @param bytes the number of bytes
     */
    record Option(ExtensionHeader.Family family, int number, int offset, int bytes) implements Loaded {}

    /**
     * Constant bytes.
     *
     * @param value the bytes
     */
    record Bits(Constant value) implements Loaded {
        @Override
        public int bytes() {
            return value.length();
        }
    }

    /**
     * The result of a mask and an exclusive or.
     *
     * @param of what is masked
     * @param mask the bits that stay
     * @param xor the bits that are changed
     */
    record Masked(Loaded of, BigInteger mask, BigInteger xor) implements Loaded {
        @Override
        public int bytes() {
            return of.bytes();
        }
    }

    /**
     * The result of a shift.
     *
     * @param of what is shifted
     * @param left the direction
     * @param bits the distance
     */
    record Shifted(Loaded of, boolean left, long bits) implements Loaded {
        @Override
        public int bytes() {
            return of.bytes();
        }
    }

    /**
     * A value that was brought into network order.
     *
     * @param of the value
     */
    record Network(Loaded of) implements Loaded {
        @Override
        public int bytes() {
            return of.bytes();
        }
    }

    /**
     * Whether a routing lookup has a result.
     *
     * @param fib the lookup
     */
    record Present(Fib fib) implements Loaded {
        @Override
        public int bytes() {
            return fib.bits() / Byte.SIZE;
        }
    }
}
