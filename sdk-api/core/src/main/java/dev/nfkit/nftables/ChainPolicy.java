// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/** The verdict of a base chain on packets that no rule decides ({@code NFTA_CHAIN_POLICY}). */
public enum ChainPolicy {
    /** {@code NF_DROP}: the packet is dropped. */
    DROP(0, "drop"),
    /** {@code NF_ACCEPT}: the packet continues. */
    ACCEPT(1, "accept");

    private final int number;
    private final String word;

    ChainPolicy(int number, String word) {
        this.number = number;
        this.word = word;
    }

    /**
     * The kernel's number of the verdict.
     *
     * @return 0 or 1
     */
    public int number() {
        return number;
    }

    /**
     * nft's word for it.
     *
     * @return {@code drop} or {@code accept}
     */
    @Override
    public String toString() {
        return word;
    }
}
