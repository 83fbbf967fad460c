// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/** By what the kernel chooses the structure of a set ({@code enum nft_set_policies}). */
public enum SetPolicy {
    /** Fast lookups. */
    PERFORMANCE(0, "performance"),
    /** Little memory. */
    MEMORY(1, "memory");

    private final int number;
    private final String word;

    SetPolicy(int number, String word) {
        this.number = number;
        this.word = word;
    }

    /**
     * The kernel's number.
     *
     * @return 0 or 1
     */
    public int number() {
        return number;
    }

    /**
     * nft's word for it.
     *
     * @return {@code performance} or {@code memory}
     */
    @Override
    public String toString() {
        return word;
    }
}
