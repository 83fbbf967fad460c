// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.PrintableText;

/**
 * What identifies a table in a network namespace: its family and its name.
 *
 * @param family {@link AddressFamily#INET}, {@link AddressFamily#IPV4}, {@link AddressFamily#IPV6}, {@link
 *     AddressFamily#ARP}, {@link AddressFamily#BRIDGE} or {@link AddressFamily#NETDEV}
 * @param name 1 to 255 bytes of UTF-8
 */
public record TableId(AddressFamily family, String name) {
    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if the family has no tables, or the name is too long or empty
     */
    public TableId {
        Families.name(family);
        Names.object("table", name);
    }

    /**
     * A table for IPv4 and IPv6.
     *
     * @param name its name
     * @return the table {@code inet name}
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static TableId inet(String name) {
        return new TableId(AddressFamily.INET, name);
    }

    /**
     * A table for IPv4.
     *
     * @param name its name
     * @return the table {@code ip name}
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static TableId ip(String name) {
        return new TableId(AddressFamily.IPV4, name);
    }

    /**
     * A table for IPv6.
     *
     * @param name its name
     * @return the table {@code ip6 name}
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static TableId ip6(String name) {
        return new TableId(AddressFamily.IPV6, name);
    }

    /**
     * A table for ARP.
     *
     * @param name its name
     * @return the table {@code arp name}
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static TableId arp(String name) {
        return new TableId(AddressFamily.ARP, name);
    }

    /**
     * A table for packets that a bridge forwards.
     *
     * @param name its name
     * @return the table {@code bridge name}
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static TableId bridge(String name) {
        return new TableId(AddressFamily.BRIDGE, name);
    }

    /**
     * A table for packets of single devices, as they arrive and leave.
     *
     * @param name its name
     * @return the table {@code netdev name}
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static TableId netdev(String name) {
        return new TableId(AddressFamily.NETDEV, name);
    }

    /**
     * Family and name as nft writes them, safe to print.
     *
     * @return text such as {@code inet nfkit}
     */
    @Override
    public String toString() {
        return Families.name(family) + " " + PrintableText.of(name);
    }
}
