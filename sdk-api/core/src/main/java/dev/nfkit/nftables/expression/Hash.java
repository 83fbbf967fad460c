// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

import java.util.OptionalLong;

/**
 * A hash of other expressions, such as {@code jhash ip saddr . tcp dport mod 16}.
 *
 * <p>Follows {@code nft_hash.c}.
 *
 * @param of what is hashed
 * @param modulus the number of different results, 1 to 2³²−1
 * @param seed the seed, 0 to 2³²−1; chosen by the kernel if absent
 * @param offset what is added, 0 to 2³²−1
 */
public record Hash(Expression of, long modulus, OptionalLong seed, long offset) implements Selector {
    private static final long LARGEST = 0xffff_ffffL;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if modulus, seed or offset is out of range
     */
    public Hash {
        if (modulus < 1 || modulus > LARGEST || offset < 0 || offset > LARGEST - modulus + 1) {
            throw new IllegalArgumentException(
                    "modulus " + modulus + " and offset " + offset + ": results must be 0 to " + LARGEST);
        }
        if (seed.isPresent() && (seed.getAsLong() < 0 || seed.getAsLong() > LARGEST)) {
            throw new IllegalArgumentException("seed " + seed.getAsLong() + " is out of 0 to " + LARGEST);
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
