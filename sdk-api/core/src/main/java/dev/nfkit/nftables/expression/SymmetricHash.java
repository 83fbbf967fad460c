// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * A hash of a packet's flow that is the same in both directions, such as {@code symhash mod 16}.
 *
 * <p>Follows {@code nft_hash.c}.
 *
 * @param modulus the number of different results, 1 to 2³²−1
 * @param offset what is added, 0 to 2³²−1
 */
public record SymmetricHash(long modulus, long offset) implements Selector {
    private static final long LARGEST = 0xffff_ffffL;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if modulus or offset is out of range
     */
    public SymmetricHash {
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
