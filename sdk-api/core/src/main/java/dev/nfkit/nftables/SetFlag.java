// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/** A property of a set that can be chosen ({@code NFT_SET_*} in {@code linux/netfilter/nf_tables.h}). */
public enum SetFlag {
    /** Elements cannot be added or removed while a rule uses the set. */
    CONSTANT(0x2, "constant"),
    /** Elements may be intervals and prefixes. */
    INTERVAL(0x4, "interval"),
    /** Elements may have a timeout. */
    TIMEOUT(0x10, "timeout"),
    /** Rules add and remove elements. */
    DYNAMIC(0x20, "dynamic");

    private final int bit;
    private final String word;

    SetFlag(int bit, String word) {
        this.bit = bit;
        this.word = word;
    }

    /**
     * The kernel's bit.
     *
     * @return a power of two
     */
    public int bit() {
        return bit;
    }

    /**
     * nft's word for it.
     *
     * @return the word, such as {@code interval}
     */
    @Override
    public String toString() {
        return word;
    }
}
