// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/** A property of a table ({@code NFT_TABLE_F_*} in {@code linux/netfilter/nf_tables.h}). */
public enum TableFlag {
    /** The chains are not registered with their hooks: no packet reaches them. */
    DORMANT(1, "dormant"),
    /** The table belongs to the socket that made it (Linux 5.12). */
    OWNER(2, "owner"),
    /** An owned table that stays without an owner after its socket was closed (Linux 6.9). */
    PERSIST(4, "persist");

    private final int bit;
    private final String word;

    TableFlag(int bit, String word) {
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
     * @return the word, such as {@code dormant}
     */
    @Override
    public String toString() {
        return word;
    }
}
