// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.anonymize.PrefixPermutation.Block;
import java.nio.ByteBuffer;

/**
 * Replaces IPv6 addresses one to one, keeping prefixes. The first 64 bits and the interface identifier are replaced by
 * themselves, so that a host keeps its identifier in each of its networks; its last 24 bits by themselves again, so that
 * the solicited-node group stays that of its address. An identifier made of a link-layer address (EUI-64) is replaced by
 * the one of that address's replacement.
 *
 * <p>{@code ::} and {@code ::1} stay. Global, unique local (fd00::/8) and link-local addresses become addresses of the
 * same kind; an IPv4 address inside (mapped, translated, compatible, NAT64 of 64:ff9b::/96) is replaced as by itself.
 * 6to4, Teredo and ISATAP addresses are replaced as any others.
 *
 * <p>Of a multicast address, flags and scope stay. A network inside (RFC 3306, RFC 3956) is replaced as in an address.
 * Well-known groups stay.
 */
final class Ipv6Map {
    private static final long NAT64 = 0x0064_ff9b_0000_0000L;
    private static final long LOW24 = 0xff_ffffL;
    private static final long LOW32 = 0xffff_ffffL;
    private static final long LOW48 = 0xffff_ffff_ffffL;
    /** The bit of a multicast address's flags by which it has the prefix of a network inside. */
    private static final long PREFIX_BASED = 0x0020_0000_0000_0000L;

    private final Ipv4Map ipv4;
    private final PrefixPermutation embeddings;
    private final PrefixPermutation identifiers;
    private final PrefixPermutation lowBits;
    private final PrefixPermutation groupTails;
    private final PrefixPermutation groupHighs;
    private final PrefixPermutation groupMiddles;
    private final PrefixPermutation groupIds;
    private final RecentNumbers networks;
    private final RecentNumbers interfaces;

    Ipv6Map(Key key, Ipv4Map ipv4) {
        this.ipv4 = ipv4;
        PrefixPermutation prefixes = new PrefixPermutation(
                key,
                Key.Use.IPV6_NETWORK,
                64,
                Block.kept(0, 64),
                Block.kept(NAT64, 64),
                Block.kept(1, 3),
                Block.kept(0xfd, 8),
                Block.kept(0xfe80_0000_0000_0000L, 64),
                Block.kept(0xff, 8));
        networks = new RecentNumbers(prefixes::apply);
        embeddings = new PrefixPermutation(
                key,
                Key.Use.IPV6_EMBEDDING,
                32,
                Block.kept(0, 32),
                Block.kept(0xffff, 32),
                Block.kept(0xffff_0000L, 32));
        identifiers = new PrefixPermutation(key, Key.Use.IPV6_INTERFACE, 40, Ipv6Map::ofEui64);
        lowBits = new PrefixPermutation(key, Key.Use.IPV6_LOW, 24);
        interfaces = new RecentNumbers(id -> identifiers.apply(id >>> 24) << 24 | low24(id));
        groupTails = new PrefixPermutation(key, Key.Use.IPV6_GROUP_PREFIX, 64, Block.kept(0, 64));
        groupHighs = new PrefixPermutation(key, Key.Use.IPV6_GROUP_HIGH, 48, Block.kept(0, 48));
        // Of ff02::1:ff00:0 and ff02::2:ff00:0 the bits before the last 32 stay.
        groupMiddles = new PrefixPermutation(key, Key.Use.IPV6_GROUP_MIDDLE, 32, Block.unchanged(0, 30));
        groupIds = new PrefixPermutation(key, Key.Use.IPV6_GROUP_ID, 32, Block.unchanged(0, 14), Block.kept(0xff, 8));
    }

    /** What stays of the first 40 bits of an identifier: the bits "local" and "group", and ff:fe in the middle. */
    private static boolean ofEui64(long prefix, int length) {
        int middle = length - 24;
        return length == 6
                || length == 7
                || (middle >= 0 && (prefix & ((1L << middle) - 1)) == 0xfffe >>> (16 - middle));
    }

    void replace(ByteBuffer bytes, int at) {
        long high = bytes.getLong(at);
        long low = bytes.getLong(at + 8);
        if (high >>> 56 == 0xff) {
            replaceGroup(bytes, at, high, low);
            return;
        }
        bytes.putLong(at, networks.apply(high));
        bytes.putLong(at + 8, high == 0 || high == NAT64 ? embedding(low) : interfaceId(low));
    }

    private long embedding(long low) {
        return embeddings.apply(low >>> 32) << 32 | (ipv4.replace((int) low) & LOW32);
    }

    /** Replaces an interface identifier. */
    long interfaceId(long id) {
        return interfaces.apply(id);
    }

    private long low24(long low) {
        return lowBits.apply(low & LOW24);
    }

    private void replaceGroup(ByteBuffer bytes, int at, long high, long low) {
        long newHigh;
        long newMiddle;
        if ((high & PREFIX_BASED) != 0) {
            long network = networkInGroup(high << 32 | low >>> 32, (int) (high >>> 32 & 0xff));
            newHigh = (high & ~LOW32) | network >>> 32;
            newMiddle = network & LOW32;
        } else {
            newHigh = (high & ~LOW48) | groupHighs.apply(high & LOW48);
            newMiddle = groupMiddles.apply(low >>> 32);
        }
        bytes.putLong(at, newHigh);
        bytes.putLong(at + 8, newMiddle << 32 | (groupId((int) low) & LOW32));
    }

    /** Replaces the network of that length; zeros after it stay, as they must be zeros. */
    private long networkInGroup(long network, int length) {
        long rest = length >= Long.SIZE ? 0 : -1L >>> length;
        return (networks.apply(network) & ~rest) | groupTails.apply(network & rest);
    }

    /** Replaces the last 32 bits of a multicast address. */
    int groupId(int id) {
        return id >>> 24 == 0xff ? 0xff00_0000 | (int) low24(id) : (int) groupIds.apply(id & LOW32);
    }
}
