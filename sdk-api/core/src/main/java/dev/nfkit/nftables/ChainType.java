// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/**
 * What a base chain is for. The kernel may have others; their names are kept.
 *
 * @param name the kernel's name, 1 to 255 bytes
 */
public record ChainType(String name) {
    /** Filters packets; possible at every hook. */
    public static final ChainType FILTER = new ChainType("filter");
    /** Translates addresses; only the first packet of each connection passes through it. Families ip, ip6 and inet. */
    public static final ChainType NAT = new ChainType("nat");
    /** Routes a packet again after a change of its header or mark. Hook output of families ip, ip6 and inet. */
    public static final ChainType ROUTE = new ChainType("route");

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is too long or empty
     */
    public ChainType {
        Names.object("chain type", name);
    }

    /**
     * The kernel's name.
     *
     * @return as {@link #name()}
     */
    @Override
    public String toString() {
        return name;
    }
}
