// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

/**
 * Types of a packet's first header: the numbers of <a href="https://www.tcpdump.org/linktypes.html">the registry of
 * link types</a> that nfkit writes.
 */
public final class LinkType {
    /** {@code LINKTYPE_RAW}: an IPv4 or IPv6 header, distinguished by the version nibble. */
    public static final int RAW = 101;
    /**
     * {@code LINKTYPE_NFLOG}: one NFLOG packet, as an nfgenmsg-like header and attributes. Lengths and types of the
     * attributes are in the byte order of the file, values big-endian.
     */
    public static final int NFLOG = 239;
    /** {@code LINKTYPE_NETLINK}: a netlink datagram after a cooked header of 16 bytes. */
    public static final int NETLINK = 253;

    private LinkType() {}

    /**
     * A link type for messages.
     *
     * @param linkType the number
     * @return number and name, such as {@code 239 (NFLOG)} or {@code 1 (ETHERNET)}; of a rare type the number alone
     */
    public static String describe(int linkType) {
        return switch (linkType) {
            case 1 -> "1 (ETHERNET)";
            case 113 -> "113 (LINUX_SLL)";
            case 276 -> "276 (LINUX_SLL2)";
            case RAW -> "101 (RAW)";
            case NFLOG -> "239 (NFLOG)";
            case NETLINK -> "253 (NETLINK)";
            default -> Integer.toString(linkType);
        };
    }
}
