// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.anonymize.PrefixPermutation.Block;

/**
 * Replaces IPv4 addresses one to one, keeping prefixes. 0.0.0.0, 255.255.255.255 and 127.0.0.0/8 stay; an address of
 * 169.254.0.0/16 or of a multicast block becomes one of the same.
 *
 * <p>Of a multicast address the first 9 bits stay and the last 23 are replaced by themselves, since only those are in
 * the link-layer address of the group. Well-known groups stay.
 */
final class Ipv4Map {
    private static final int GROUP_BITS = 23;
    private static final int GROUP = (1 << GROUP_BITS) - 1;

    private final PrefixPermutation groups;
    private final RecentNumbers addresses;

    Ipv4Map(Key key) {
        PrefixPermutation unicast = new PrefixPermutation(
                key,
                Key.Use.IPV4,
                32,
                Block.kept(0, 32),
                Block.unchanged(127, 8),
                Block.kept(0xa9fe, 16),
                Block.kept(0xe, 4),
                Block.kept(0xffff_ffffL, 32));
        addresses = new RecentNumbers(unicast::apply);
        groups = new PrefixPermutation(
                key,
                Key.Use.IPV4_GROUP,
                GROUP_BITS,
                // 224.0.0.0/24 and 224.0.1.0/24, such as routers and NTP; 239.255.255.250, SSDP.
                Block.unchanged(0, 14),
                Block.kept(0x7f_fffa, GROUP_BITS));
    }

    int replace(int address) {
        if (address >>> 28 == 0xe) {
            return (address & ~GROUP) | group(address & GROUP);
        }
        return (int) addresses.apply(address & 0xffff_ffffL);
    }

    /** Replaces the last 23 bits of a multicast address. */
    int group(int bits) {
        return (int) groups.apply(bits);
    }
}
