// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * The family that a packet or a rule belongs to ({@code NFPROTO_*} in {@code linux/netfilter.h}): the first byte of
 * every nfnetlink message. Numbers without a constant are kept. Instances are unique: compare with {@code ==}.
 */
public final class AddressFamily {
    private static final AddressFamily[] ALL = new AddressFamily[256];

    /** {@code NFPROTO_UNSPEC}: no family, or all of them. */
    public static final AddressFamily UNSPEC = known(0, "UNSPEC", "unspecified");
    /** {@code NFPROTO_INET}: IPv4 and IPv6 together, a family of nftables. */
    public static final AddressFamily INET = known(1, "INET", "inet");
    /** {@code NFPROTO_IPV4}. */
    public static final AddressFamily IPV4 = known(2, "IPV4", "IPv4");
    /** {@code NFPROTO_ARP}. */
    public static final AddressFamily ARP = known(3, "ARP", "ARP");
    /** {@code NFPROTO_NETDEV}: a device's ingress and egress. */
    public static final AddressFamily NETDEV = known(5, "NETDEV", "netdev");
    /** {@code NFPROTO_BRIDGE}. */
    public static final AddressFamily BRIDGE = known(7, "BRIDGE", "bridge");
    /** {@code NFPROTO_IPV6}. */
    public static final AddressFamily IPV6 = known(10, "IPV6", "IPv6");

    static {
        for (int number = 0; number < ALL.length; number++) {
            if (ALL[number] == null) {
                known(number, "FAMILY_" + number, "family " + number);
            }
        }
    }

    private final int number;
    private final String name;
    private final String text;

    private AddressFamily(int number, String name, String text) {
        this.number = number;
        this.name = name;
        this.text = text;
    }

    private static AddressFamily known(int number, String name, String text) {
        AddressFamily family = new AddressFamily(number, name, text);
        ALL[number] = family;
        return family;
    }

    /**
     * The family of a number.
     *
     * @param number 0 to 255
     * @return the family; the same instance for the same number
     * @throws IllegalArgumentException if the number is out of range
     */
    public static AddressFamily of(int number) {
        if (number < 0 || number > 255) {
            throw new IllegalArgumentException("address family " + number + " is out of 0 to 255");
        }
        return ALL[number];
    }

    /**
     * The kernel's number.
     *
     * @return 0 to 255
     */
    public int number() {
        return number;
    }

    /**
     * The kernel's name without its prefix.
     *
     * @return a name such as {@code IPV4}, or {@code FAMILY_99} if the kernel has none
     */
    public String name() {
        return name;
    }

    /**
     * The family's usual spelling.
     *
     * @return text such as {@code IPv4}
     */
    @Override
    public String toString() {
        return text;
    }
}
