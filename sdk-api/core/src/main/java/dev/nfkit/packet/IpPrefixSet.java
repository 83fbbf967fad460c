// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A set of IP prefixes of both versions, such as an allow list. Immutable. A lookup takes a binary search among the
 * prefixes that no other one contains. It allocates nothing, except for an {@link InetAddress}.
 *
 * <pre>{@code
 * IpPrefixSet allowed = IpPrefixSet.parse("10.0.0.0/8", "192.0.2.7", "fd00::/8");
 * ...
 * return ip.wrap(packet.payload()) && ip.destinationIn(allowed) ? Verdict.ACCEPT : Verdict.DROP;
 * }</pre>
 */
public final class IpPrefixSet {
    private final List<IpPrefix> prefixes;
    private final Ranges ipv4;
    private final Ranges ipv6;

    private IpPrefixSet(Collection<IpPrefix> given) {
        prefixes = List.copyOf(new TreeSet<>(given));
        ipv4 = Ranges.of(prefixes, 4);
        ipv6 = Ranges.of(prefixes, 6);
    }

    /**
     * A set of prefixes.
     *
     * @param prefixes the prefixes; equal ones count once
     * @return the set
     */
    public static IpPrefixSet of(IpPrefix... prefixes) {
        return new IpPrefixSet(List.of(prefixes));
    }

    /**
     * A set of the prefixes of a collection.
     *
     * @param prefixes the prefixes, which are copied; equal ones count once
     * @return the set
     */
    public static IpPrefixSet copyOf(Collection<IpPrefix> prefixes) {
        return new IpPrefixSet(prefixes);
    }

    /**
     * A set of prefixes as text.
     *
     * @param prefixes the texts, each as {@link IpPrefix#parse} reads it
     * @return the set
     * @throws IllegalArgumentException if a text is no prefix, as {@link IpPrefix#parse} throws it
     */
    public static IpPrefixSet parse(String... prefixes) {
        return new IpPrefixSet(List.of(prefixes).stream().map(IpPrefix::parse).toList());
    }

    /**
     * The prefixes, in the order of {@link IpPrefix#compareTo}.
     *
     * @return an unmodifiable list without equal prefixes
     */
    public List<IpPrefix> prefixes() {
        return prefixes;
    }

    /**
     * Whether an address is in one of the prefixes. May allocate; the other forms do not. Kotlin: {@code address in
     * prefixes}.
     *
     * @param address the address, whose zone is ignored
     * @return whether a prefix of the address's version contains it
     */
    public boolean contains(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.capacity() == 4
                ? contains(bytes.getInt(0))
                : contains(bytes.getLong(0), bytes.getLong(Long.BYTES));
    }

    /**
     * Whether an IPv4 address is in one of the prefixes.
     *
     * @param address the address as its 32 bits, the first one highest: 10.0.0.1 is 0x0a000001
     * @return whether a prefix of IPv4 contains it
     */
    public boolean contains(int address) {
        return ipv4.contains((long) address << Integer.SIZE, 0);
    }

    /**
     * Whether an IPv6 address is in one of the prefixes.
     *
     * @param high its first 64 bits, the first one highest
     * @param low its last 64 bits
     * @return whether a prefix of IPv6 contains it
     */
    public boolean contains(long high, long low) {
        return ipv6.contains(high, low);
    }

    /**
     * Whether the address at a place of some bytes, in network order as in a packet, is in one of the prefixes.
     *
     * @param bytes where the address is
     * @param index its first byte, from 0
     * @param length 4 for an IPv4 address, 16 for an IPv6 address
     * @return whether a prefix of that version contains it
     * @throws IllegalArgumentException if the length is another
     * @throws IndexOutOfBoundsException if the address exceeds the bytes
     * @throws IllegalStateException if the bytes were released
     */
    public boolean contains(Bytes bytes, int index, int length) {
        return switch (length) {
            case 4 -> contains((int) bytes.u32(index));
            case 16 -> contains(bytes.u64(index), bytes.u64(index + Long.BYTES));
            default -> throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + length);
        };
    }

    /**
     * Whether another object is a set of the same prefixes. Two sets that contain the same addresses by other prefixes
     * are not equal.
     *
     * @param other the other object
     * @return whether the prefixes are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof IpPrefixSet set && prefixes.equals(set.prefixes);
    }

    /**
     * A hash of the prefixes.
     *
     * @return the hash
     */
    @Override
    public int hashCode() {
        return prefixes.hashCode();
    }

    /**
     * The prefixes, for messages.
     *
     * @return such as {@code [10.0.0.0/8, fd00::/8]}
     */
    @Override
    public String toString() {
        return prefixes.toString();
    }

    /** The prefixes of one version that no other one contains, in order. Prefixes never overlap in part. */
    private static final class Ranges {
        private final long[] high;
        private final long[] low;
        private final int[] lengths;

        private Ranges(int count) {
            high = new long[count];
            low = new long[count];
            lengths = new int[count];
        }

        static Ranges of(List<IpPrefix> sorted, int version) {
            IpPrefix[] outer = new IpPrefix[sorted.size()];
            int count = 0;
            for (IpPrefix prefix : sorted) {
                if (prefix.version() == version && (count == 0 || !outer[count - 1].contains(prefix))) {
                    outer[count++] = prefix;
                }
            }
            Ranges ranges = new Ranges(count);
            for (int i = 0; i < count; i++) {
                ranges.high[i] = outer[i].high();
                ranges.low[i] = outer[i].low();
                ranges.lengths[i] = outer[i].length();
            }
            return ranges;
        }

        /** Whether the last prefix that begins at an address or before it contains the address. */
        boolean contains(long addressHigh, long addressLow) {
            int first = 0;
            int after = lengths.length;
            while (first < after) {
                int middle = (first + after) >>> 1;
                int order = Long.compareUnsigned(high[middle], addressHigh);
                if (order < 0 || (order == 0 && Long.compareUnsigned(low[middle], addressLow) <= 0)) {
                    first = middle + 1;
                } else {
                    after = middle;
                }
            }
            int found = first - 1;
            return found >= 0
                    && (addressHigh & IpPrefix.highMask(lengths[found])) == high[found]
                    && (addressLow & IpPrefix.lowMask(lengths[found])) == low[found];
        }
    }
}
