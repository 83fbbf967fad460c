// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.packet.AddressText;
import dev.nfkit.socket.AttributeCondition;
import dev.nfkit.socket.EventCondition;
import dev.nfkit.socket.FamilyCondition;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

/**
 * Addresses that have the same bits within a mask. The bits outside of it are 0. IPv4 is in the low 32 bits.
 *
 * @param six whether they are of IPv6
 * @param high the upper half
 * @param low the lower half
 * @param maskHigh the upper half of the mask
 * @param maskLow the lower half of the mask
 */
public record MaskedAddress(boolean six, long high, long low, long maskHigh, long maskLow) {
    private static final int V4 = 32;
    private static final int V6 = 128;
    private static final long V4_ONES = 0xffff_ffffL;

    /**
     * A whole address.
     *
     * @param address the address
     * @return the address with a mask of ones
     */
    public static MaskedAddress of(InetAddress address) {
        return of(address, address instanceof Inet6Address ? V6 : V4);
    }

    /**
     * A prefix.
     *
     * @param address the network's address; its bits after the prefix are ignored
     * @param length the number of bits
     * @return the prefix
     * @throws IllegalArgumentException if the length is out of range
     */
    public static MaskedAddress of(InetAddress address, int length) {
        boolean six = address instanceof Inet6Address;
        if (length < 0 || length > (six ? V6 : V4)) {
            throw new IllegalArgumentException("prefix length " + length + " of " + address.getHostAddress()
                    + " is out of 0 to " + (six ? V6 : V4));
        }
        long maskHigh = six ? ones(Math.min(length, Long.SIZE)) : 0;
        long maskLow = six ? ones(Math.max(0, length - Long.SIZE)) : ones(length) >>> V4;
        return of(address, maskHigh, maskLow);
    }

    /**
     * Bits of an address.
     *
     * @param address the address; its bits outside of the mask are ignored
     * @param mask the bits, an address of the same family
     * @return the bits
     * @throws IllegalArgumentException if the families differ
     */
    public static MaskedAddress of(InetAddress address, InetAddress mask) {
        boolean six = address instanceof Inet6Address;
        if (six != (mask instanceof Inet6Address)) {
            throw new IllegalArgumentException("address " + address.getHostAddress() + " and mask "
                    + mask.getHostAddress() + " are of two families");
        }
        Bytes bytes = Bytes.of(mask.getAddress());
        return of(address, six ? bytes.u64(0) : 0, six ? bytes.u64(Long.BYTES) : bytes.u32(0));
    }

    private static MaskedAddress of(InetAddress address, long maskHigh, long maskLow) {
        boolean six = address instanceof Inet6Address;
        Bytes bytes = Bytes.of(address.getAddress());
        long high = six ? bytes.u64(0) : 0;
        long low = six ? bytes.u64(Long.BYTES) : bytes.u32(0);
        return new MaskedAddress(six, high & maskHigh, low & maskLow, maskHigh, maskLow);
    }

    /** A number that begins with this many ones. */
    private static long ones(int count) {
        return count == 0 ? 0 : -1L << (Long.SIZE - count);
    }

    AddressFamily family() {
        return six ? AddressFamily.IPV6 : AddressFamily.IPV4;
    }

    /** Whether the mask has all bits. */
    boolean isWhole() {
        return six ? (maskHigh & maskLow) == -1 : maskLow == V4_ONES;
    }

    boolean matches(AddressFamily other, long otherHigh, long otherLow) {
        return other.equals(family()) && (otherHigh & maskHigh) == high && (otherLow & maskLow) == low;
    }

    /** Adds the conditions on an address at a path, word by word. */
    void addTo(List<EventCondition> conditions, int... path) {
        int words = six ? V6 / Integer.SIZE : 1;
        for (int word = 0; word < words; word++) {
            // IPv4's only word is the last of the low half.
            int place = six ? word : V6 / Integer.SIZE - 1;
            long mask = word(maskHigh, maskLow, place);
            if (mask != 0) {
                conditions.add(AttributeCondition.at(path)
                        .offset(word * Integer.BYTES)
                        .width(Integer.BYTES)
                        .mask(mask)
                        .is(word(high, low, place)));
            }
        }
        if ((maskHigh | maskLow) == 0) {
            conditions.add(FamilyCondition.of(family().number()));
        }
    }

    private static long word(long high, long low, int place) {
        long half = place < 2 ? high : low;
        return ((place & 1) == 0 ? half >>> Integer.SIZE : half) & 0xffff_ffffL;
    }

    byte[] bytes() {
        return TupleWriter.address(six, high, low);
    }

    /** The length of the mask as a prefix, or −1 if its ones are not all at its beginning. */
    private int length() {
        int length = six ? Long.bitCount(maskHigh) + Long.bitCount(maskLow) : Long.bitCount(maskLow);
        boolean prefix = six
                ? maskHigh == ones(Math.min(length, Long.SIZE)) && maskLow == ones(Math.max(0, length - Long.SIZE))
                : maskLow == ones(length) >>> V4;
        return prefix ? length : -1;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(48);
        append(high, low, text);
        int length = length();
        if (length < 0) {
            append(maskHigh, maskLow, text.append('/'));
        } else if (!isWhole()) {
            text.append('/').append(length);
        }
        return text.toString();
    }

    private void append(long ofHigh, long ofLow, StringBuilder text) {
        if (six) {
            AddressText.appendIpv6(ofHigh, ofLow, text);
        } else {
            AddressText.appendIpv4((int) ofLow, text);
        }
    }
}
