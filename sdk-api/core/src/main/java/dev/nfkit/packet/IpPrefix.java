// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import dev.nfkit.PrintableText;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The IP addresses that share their first bits (a CIDR block), such as {@code 10.0.0.0/8} or {@code fd00::/8}. Immutable.
 *
 * <pre>{@code
 * IpPrefix office = IpPrefix.parse("10.20.0.0/16");
 * IpSummary ip = new IpSummary(); // once; it is aimed at each packet
 * ...
 * if (ip.wrap(packet.payload()) && ip.sourceIn(office)) { ... }
 * }</pre>
 *
 * <p>A prefix contains addresses of its own version only: {@code ::ffff:0:0/96} does not contain IPv4 addresses, and
 * {@code 10.0.0.0/8} does not contain the IPv4-mapped address {@code ::ffff:10.0.0.1}. {@link IpPrefixSet} holds many
 * prefixes.
 */
public final class IpPrefix implements Comparable<IpPrefix> {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    private final int version;
    /** The address, at the left end of 128 bits. */
    private final long high;

    private final long low;
    private final int length;

    private IpPrefix(int version, long high, long low, int length) {
        this.version = version;
        this.high = high;
        this.low = low;
        this.length = length;
    }

    /**
     * Parses a prefix. Names are not looked up, and zones ({@code %eth0}) are refused. Numbers of an IPv4 address have
     * no leading zeros, because some programs read them as octal numbers.
     *
     * @param text an address and the number of leading bits, such as {@code 10.0.0.0/8}; an address alone is the prefix
     *     of all its bits
     * @return the prefix
     * @throws IllegalArgumentException if the text is no address, the length is out of 0 to 32 or 0 to 128, or the
     *     address has bits after the prefix; the message names the text and what is wrong
     */
    public static IpPrefix parse(String text) {
        return parse(text, true);
    }

    /**
     * Parses a prefix, and ignores bits after it, as conntrack(8) does: {@code 10.1.2.3/8} is {@code 10.0.0.0/8}.
     *
     * @param text as for {@link #parse}
     * @return the prefix
     * @throws IllegalArgumentException if the text is no address, or the length is out of 0 to 32 or 0 to 128; the
     *     message names the text and what is wrong
     */
    public static IpPrefix parseAround(String text) {
        return parse(text, false);
    }

    private static IpPrefix parse(String text, boolean exact) {
        int slash = text.indexOf('/');
        byte[] address = AddressLiteral.parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException("\"" + PrintableText.of(text)
                    + "\" is no IP prefix; give one such as 10.0.0.0/8 or fd00::1 (names are not looked up)");
        }
        int bits = address.length * Byte.SIZE;
        int length = slash < 0 ? bits : AddressLiteral.number(text.substring(slash + 1), 10, 3);
        if (length < 0 || length > bits) {
            throw new IllegalArgumentException(
                    "the prefix length of \"" + PrintableText.of(text) + "\" is out of 0 to " + bits);
        }
        return exact ? exact(address, length) : whole(address, length);
    }

    /**
     * The prefix of an address that has no bits after it.
     *
     * @param address the address; its class determines the version
     * @param length the number of leading bits
     * @return the prefix
     * @throws IllegalArgumentException if the length is out of 0 to 32 for IPv4 or 0 to 128 for IPv6, or the address
     *     has bits after the prefix
     */
    public static IpPrefix of(InetAddress address, int length) {
        return exact(address.getAddress(), length);
    }

    /**
     * The prefix of a length that contains an address, such as {@code 10.0.0.0/8} for {@code 10.1.2.3} and 8.
     *
     * @param address the address, whose bits after the prefix are ignored; its class determines the version
     * @param length the number of leading bits
     * @return the prefix
     * @throws IllegalArgumentException if the length is out of 0 to 32 for IPv4 or 0 to 128 for IPv6
     */
    public static IpPrefix around(InetAddress address, int length) {
        return whole(address.getAddress(), length);
    }

    private static IpPrefix exact(byte[] address, int length) {
        IpPrefix prefix = whole(address, length);
        ByteBuffer given = left(address);
        if (given.getLong(0) != prefix.high || given.getLong(Long.BYTES) != prefix.low) {
            throw new IllegalArgumentException(AddressText.of(Bytes.of(address)) + "/" + length
                    + " has bits after its prefix; the prefix is " + prefix);
        }
        return prefix;
    }

    private static IpPrefix whole(byte[] address, int length) {
        int bits = address.length * Byte.SIZE;
        if (length < 0 || length > bits) {
            throw new IllegalArgumentException("prefix length " + length + " is out of 0 to " + bits);
        }
        ByteBuffer given = left(address);
        return new IpPrefix(
                bits == IPV4_BITS ? 4 : 6,
                given.getLong(0) & highMask(length),
                given.getLong(Long.BYTES) & lowMask(length),
                length);
    }

    private static ByteBuffer left(byte[] address) {
        return ByteBuffer.wrap(Arrays.copyOf(address, IPV6_BITS / Byte.SIZE));
    }

    static long highMask(int length) {
        return length <= 0 ? 0 : length >= Long.SIZE ? -1 : -1L << (Long.SIZE - length);
    }

    static long lowMask(int length) {
        return highMask(length - Long.SIZE);
    }

    /**
     * The version of IP.
     *
     * @return 4 or 6
     */
    public int version() {
        return version;
    }

    /**
     * The number of leading bits that the addresses share.
     *
     * @return 0 to 32 for IPv4, 0 to 128 for IPv6
     */
    public int length() {
        return length;
    }

    /**
     * The first address of the prefix: its bits after the prefix are 0. Allocates.
     *
     * @return an Inet4Address or Inet6Address without a zone
     */
    public InetAddress address() {
        return AddressText.toInetAddress(bytes(), 0, version == 4 ? 4 : 16);
    }

    private Bytes bytes() {
        return Bytes.of(ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }

    long high() {
        return high;
    }

    long low() {
        return low;
    }

    /**
     * Whether the prefix is a single address.
     *
     * @return whether all bits are in the prefix
     */
    public boolean isSingle() {
        return length == (version == 4 ? IPV4_BITS : IPV6_BITS);
    }

    /**
     * Whether an address is in the prefix. May allocate; the other forms do not. Kotlin: {@code address in prefix}.
     *
     * @param address the address, whose zone is ignored
     * @return false for an address of the other version
     */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            return contains(ByteBuffer.wrap(bytes).getInt(0));
        }
        ByteBuffer all = ByteBuffer.wrap(bytes);
        return contains(all.getLong(0), all.getLong(Long.BYTES));
    }

    /**
     * Whether an IPv4 address is in the prefix.
     *
     * @param ipv4 the address as its 32 bits, the first one highest: 10.0.0.1 is 0x0a000001
     * @return false if the prefix is of IPv6
     */
    public boolean contains(int ipv4) {
        return version == 4 && ((long) ipv4 << Integer.SIZE & highMask(length)) == high;
    }

    /**
     * Whether an IPv6 address is in the prefix.
     *
     * @param ipv6High its first 64 bits, the first one highest
     * @param ipv6Low its last 64 bits
     * @return false if the prefix is of IPv4
     */
    public boolean contains(long ipv6High, long ipv6Low) {
        return version == 6 && (ipv6High & highMask(length)) == high && (ipv6Low & lowMask(length)) == low;
    }

    /**
     * Whether the address at a place of some bytes, in network order as in a packet, is in the prefix. The address has
     * the prefix's version: {@link IpSummary#sourceIn(IpPrefix)} checks the version of a packet.
     *
     * @param bytes where the address is
     * @param index its first byte, from 0
     * @return whether the address is in the prefix
     * @throws IndexOutOfBoundsException if the 4 or 16 bytes exceed the bytes
     * @throws IllegalStateException if the bytes were released
     */
    public boolean contains(Bytes bytes, int index) {
        return version == 4
                ? contains((int) bytes.u32(index))
                : contains(bytes.u64(index), bytes.u64(index + Long.BYTES));
    }

    /**
     * Whether all addresses of another prefix are in this one.
     *
     * @param other the other prefix
     * @return true for an equal prefix, false for one of the other version
     */
    public boolean contains(IpPrefix other) {
        return version == other.version
                && length <= other.length
                && (other.high & highMask(length)) == high
                && (other.low & lowMask(length)) == low;
    }

    /**
     * Orders prefixes by version, then address, then length, so that a prefix precedes those that it contains.
     *
     * @param other the other prefix
     * @return negative, 0 or positive
     */
    @Override
    public int compareTo(IpPrefix other) {
        int order = Integer.compare(version, other.version);
        order = order == 0 ? Long.compareUnsigned(high, other.high) : order;
        order = order == 0 ? Long.compareUnsigned(low, other.low) : order;
        return order == 0 ? Integer.compare(length, other.length) : order;
    }

    /**
     * Whether another object is the same prefix.
     *
     * @param other the other object
     * @return whether version, address and length are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof IpPrefix prefix && compareTo(prefix) == 0;
    }

    /**
     * A hash of version, address and length.
     *
     * @return the hash
     */
    @Override
    public int hashCode() {
        return Objects.hash(version, high, low, length);
    }

    /**
     * Address and length, or the address alone if the prefix is a single one, as nft prints it; {@link #parse} reads it.
     *
     * @return such as {@code 10.0.0.0/8} or {@code fd00::1}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(48);
        AddressText.append(bytes(), 0, version == 4 ? 4 : 16, text);
        return isSingle() ? text.toString() : text.append('/').append(length).toString();
    }
}
