// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * A number that each packet gets anew, such as {@code numgen inc mod 2}.
 *
 * <p>Follows {@code nft_numgen.c}.
 *
 * @param mode whether numbers ascend or are random
 * @param modulus the number of different results, 1 to 2³²−1
 * @param offset what is added, 0 to 2³²−1
 */
public record NumberGenerator(Mode mode, long modulus, long offset) implements Selector {
    private static final long LARGEST = 0xffff_ffffL;

    /** Which numbers there are ({@code NFT_NG_*}): the constants' order is the kernel's. */
    public enum Mode {
        /** One after the other. */
        INCREMENTAL,
        /** In no order. */
        RANDOM
    }

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if modulus or offset is out of range
     */
    public NumberGenerator {
        if (modulus < 1 || modulus > LARGEST || offset < 0 || offset > LARGEST - modulus + 1) {
            throw new IllegalArgumentException(
                    "modulus " + modulus + " and offset " + offset + ": results must be 0 to " + LARGEST);
        }
    }

    @Override
    public DataType type() {
        return DataType.INTEGER;
    }

    @Override
    public int bits() {
        return Integer.SIZE;
    }

    @Override
    public boolean hostOrder() {
        return true;
    }
}
