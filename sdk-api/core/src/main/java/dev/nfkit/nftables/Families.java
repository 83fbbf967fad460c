// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.Hook;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The families that have tables, and their hooks, by nft's names. */
final class Families {
    private static final Map<AddressFamily, String> NAMES = Map.of(
            AddressFamily.INET, "inet",
            AddressFamily.IPV4, "ip",
            AddressFamily.IPV6, "ip6",
            AddressFamily.ARP, "arp",
            AddressFamily.BRIDGE, "bridge",
            AddressFamily.NETDEV, "netdev");

    /** The names of each family's hooks, in the order of their numbers. */
    private static final List<String> IP = List.of("prerouting", "input", "forward", "output", "postrouting");

    private static final List<String> INET =
            List.of("prerouting", "input", "forward", "output", "postrouting", "ingress");
    private static final List<String> ARP = List.of("input", "output", "forward");
    private static final List<String> NETDEV = List.of("ingress", "egress");

    private Families() {}

    static String name(AddressFamily family) {
        String name = NAMES.get(family);
        if (name == null) {
            throw new IllegalArgumentException(
                    "family " + family + " has no tables; one of inet, ip, ip6, arp, bridge, netdev");
        }
        return name;
    }

    static List<AddressFamily> all() {
        return List.copyOf(NAMES.keySet());
    }

    static boolean hasTables(AddressFamily family) {
        return NAMES.containsKey(family);
    }

    private static List<String> hooks(AddressFamily family) {
        if (family == AddressFamily.INET) {
            return INET;
        }
        if (family == AddressFamily.ARP) {
            return ARP;
        }
        return family == AddressFamily.NETDEV ? NETDEV : IP;
    }

    /** The hook of a family by nft's name. */
    static Hook hook(AddressFamily family, String name) {
        int number = hooks(family).indexOf(name.toLowerCase(Locale.ROOT));
        if (number < 0) {
            throw new IllegalArgumentException(
                    "hook " + name + " is none of family " + name(family) + "; one of " + hooks(family));
        }
        return Hook.of(family, number);
    }

    /** nft's name of a hook, or its number. */
    static String hookName(AddressFamily family, Hook hook) {
        List<String> names = hooks(family);
        return hook.number() < names.size() ? names.get(hook.number()) : Integer.toString(hook.number());
    }

    /** Whether chains of a hook are bound to devices. */
    static boolean ofDevices(AddressFamily family, Hook hook) {
        return family == AddressFamily.NETDEV || (family == AddressFamily.INET && hook.number() == INET.size() - 1);
    }
}
