// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The result of a routing lookup, such as {@code fib saddr . iif oif}.
 *
 * <p>Follows {@code nft_fib.c}.
 *
 * @param keys what is looked up: exactly one of the addresses, and perhaps marks and devices
 * @param result what is read from the result
 */
public record Fib(Set<Key> keys, Result result) implements Selector {
    /** What is looked up ({@code NFTA_FIB_F_*}): the constants' order is the kernel's. */
    public enum Key {
        /** The source address. */
        SADDR("saddr", 1),
        /** The destination address. */
        DADDR("daddr", 2),
        /** The packet's mark. */
        MARK("mark", 4),
        /** The input device. */
        IIF("iif", 8),
        /** The output device. */
        OIF("oif", 16);

        private final String text;
        private final int bit;

        Key(String text, int bit) {
            this.text = text;
            this.bit = bit;
        }

        /**
         * nft's name.
         *
         * @return a name such as {@code saddr}
         */
        public String text() {
            return text;
        }

        /**
         * The kernel's bit.
         *
         * @return a single bit
         */
        public int bit() {
            return bit;
        }
    }

    /** What is read from the result ({@code NFT_FIB_RESULT_*}). */
    public enum Result {
        /** The output device's index, 0 if there is no route. */
        OIF(1, "oif", DataType.IFACE_INDEX, 32),
        /** The output device's name. */
        OIFNAME(2, "oifname", DataType.STRING, 128),
        /** The type of the address, such as {@code local}. */
        TYPE(3, "type", DataType.FIB_ADDRTYPE, 32);

        private final int number;
        private final String text;
        private final DataType type;
        private final int bits;

        Result(int number, String text, DataType type, int bits) {
            this.number = number;
            this.text = text;
            this.type = type;
            this.bits = bits;
        }

        /**
         * The kernel's number.
         *
         * @return 1 to 3
         */
        public int number() {
            return number;
        }

        /**
         * nft's name.
         *
         * @return a name such as {@code oif}
         */
        public String text() {
            return text;
        }
    }

    /**
     * Copies the keys.
     *
     * @throws IllegalArgumentException if there is not exactly one address
     */
    public Fib {
        if (keys.contains(Key.SADDR) == keys.contains(Key.DADDR)) {
            throw new IllegalArgumentException("keys must have one of saddr and daddr, not both");
        }
        keys = Collections.unmodifiableSet(EnumSet.copyOf(keys));
    }

    @Override
    public DataType type() {
        return result.type;
    }

    @Override
    public int bits() {
        return result.bits;
    }
}
