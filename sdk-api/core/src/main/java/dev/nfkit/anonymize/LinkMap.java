// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.anonymize.PrefixPermutation.Block;

/**
 * Replaces link-layer addresses of 6 bytes one to one; zeros stay. The bits "local" and "group" stay. Vendors stay
 * together. The groups of IPv4 and IPv6 follow the multicast addresses; broadcast and the groups of bridges
 * (01:80:c2:00:00:00 to :ff) stay.
 */
final class LinkMap {
    private static final int BITS = 48;
    private static final long GROUP = 1L << 40;
    /** The bit "local", which an interface identifier has inverted. */
    private static final long LOCAL = 2L << 40;

    private static final long IPV4_GROUPS = 0x0100_5e00_0000L;
    private static final long IPV6_GROUPS = 0x3333_0000_0000L;

    private final Ipv4Map ipv4;
    private final Ipv6Map ipv6;
    private final PrefixPermutation groups;

    LinkMap(Key key, Ipv4Map ipv4, Ipv6Map ipv6) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        Block[] blocks = {
            Block.kept(IPV4_GROUPS >>> 23, 25),
            Block.kept(IPV6_GROUPS >>> 32, 16),
            Block.unchanged(0x0180_c200_00L, 40),
            Block.kept(0xffff_ffff_ffffL, BITS)
        };
        groups = new PrefixPermutation(
                key, Key.Use.LINK_GROUP, BITS, (prefix, length) -> length == 7 || stays(blocks, prefix, length));
    }

    private static boolean stays(Block[] blocks, long prefix, int length) {
        for (Block block : blocks) {
            if (block.stays(prefix, length)) {
                return true;
            }
        }
        return false;
    }

    long replace(long address) {
        if (address == 0) {
            return 0;
        }
        if ((address & GROUP) != 0) {
            return group(address);
        }
        long result = single(address);
        // Zeros are taken by themselves, so the address that would become zeros gets what they would have become.
        return result == 0 ? single(0) : result;
    }

    /** Replaces the address as in the interface identifier that is made of it (RFC 4291, appendix A). */
    private long single(long address) {
        long made = address ^ LOCAL;
        long id = ipv6.interfaceId(made >>> 24 << 40 | 0xff_fe00_0000L | (made & 0xff_ffffL));
        return (id >>> 40 << 24 | (id & 0xff_ffffL)) ^ LOCAL;
    }

    private long group(long address) {
        if (address >>> 23 == IPV4_GROUPS >>> 23) {
            return IPV4_GROUPS | ipv4.group((int) address & 0x7f_ffff);
        }
        if (address >>> 32 == IPV6_GROUPS >>> 32) {
            return IPV6_GROUPS | (ipv6.groupId((int) address) & 0xffff_ffffL);
        }
        return groups.apply(address);
    }
}
