// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * The place on a packet's path at which it met the rule ({@code NF_INET_*}, {@code NF_BR_*}, {@code NF_ARP_*}, {@code
 * NF_NETDEV_*}). What a number means depends on the family; numbers without a name are kept. Instances are unique:
 * compare with {@code ==}.
 *
 * <p>Follows {@code linux/netfilter.h}, {@code linux/netfilter_arp.h} and {@code linux/netfilter_bridge.h}.
 */
public final class Hook {
    private static final int IP = 0;
    private static final int ARP = 1;
    private static final int NETDEV = 2;
    private static final String[][] NAMES = {
        {"PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING"},
        {"IN", "OUT", "FORWARD"},
        {"INGRESS", "EGRESS"},
    };
    private static final Hook[][] ALL = new Hook[NAMES.length][256];

    static {
        for (int kind = 0; kind < NAMES.length; kind++) {
            for (int number = 0; number < 256; number++) {
                ALL[kind][number] =
                        new Hook(number, number < NAMES[kind].length ? NAMES[kind][number] : "HOOK_" + number);
            }
        }
    }

    /** IPv4, IPv6, inet and bridge 0: before the routing decision. */
    public static final Hook PRE_ROUTING = ALL[IP][0];
    /** IPv4, IPv6, inet and bridge 1: for this host. */
    public static final Hook LOCAL_IN = ALL[IP][1];
    /** IPv4, IPv6, inet and bridge 2: for another host, through this one. */
    public static final Hook FORWARD = ALL[IP][2];
    /** IPv4, IPv6, inet and bridge 3: sent by this host. */
    public static final Hook LOCAL_OUT = ALL[IP][3];
    /** IPv4, IPv6, inet and bridge 4: about to be sent. */
    public static final Hook POST_ROUTING = ALL[IP][4];
    /** ARP 0: received. */
    public static final Hook ARP_IN = ALL[ARP][0];
    /** ARP 1: sent. */
    public static final Hook ARP_OUT = ALL[ARP][1];
    /** ARP 2: bridged. */
    public static final Hook ARP_FORWARD = ALL[ARP][2];
    /** netdev 0: as received from the driver. */
    public static final Hook NETDEV_INGRESS = ALL[NETDEV][0];
    /** netdev 1: about to be given to the driver. */
    public static final Hook NETDEV_EGRESS = ALL[NETDEV][1];

    private final int number;
    private final String name;

    private Hook(int number, String name) {
        this.number = number;
        this.name = name;
    }

    /**
     * The hook of a number in a family.
     *
     * @param family the packet's family
     * @param number 0 to 255
     * @return the hook; the same instance for the same meaning
     * @throws IllegalArgumentException if the number is out of range
     */
    public static Hook of(AddressFamily family, int number) {
        if (number < 0 || number > 255) {
            throw new IllegalArgumentException("hook " + number + " is out of 0 to 255");
        }
        int kind = family == AddressFamily.ARP ? ARP : family == AddressFamily.NETDEV ? NETDEV : IP;
        return ALL[kind][number];
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
     * @return a name such as {@code LOCAL_OUT}, or {@code HOOK_9} if the kernel has none
     */
    public String name() {
        return name;
    }

    /**
     * The kernel's name without its prefix.
     *
     * @return as {@link #name()}
     */
    @Override
    public String toString() {
        return name;
    }
}
