// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** IP addresses as text: dotted for IPv4, RFC 5952 for IPv6. */
public final class AddressText {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private AddressText() {}

    /**
     * An address as text.
     *
     * @param address 4 or 16 bytes
     * @return the text, such as {@code 10.9.0.1} or {@code fd09::1}
     * @throws IllegalArgumentException if it has another length
     */
    public static String of(Bytes address) {
        StringBuilder text = new StringBuilder(40);
        append(address, 0, address.length(), text);
        return text.toString();
    }

    /**
     * Appends an address as text. Allocates nothing while the target has capacity.
     *
     * @param bytes where the address is
     * @param index its first byte, from 0
     * @param length 4 or 16
     * @param target where to
     * @throws IllegalArgumentException if the length is another
     * @throws IndexOutOfBoundsException if the address exceeds the bytes
     */
    public static void append(Bytes bytes, int index, int length, StringBuilder target) {
        switch (length) {
            case 4 -> appendIpv4((int) bytes.u32(index), target);
            case 16 -> appendIpv6(bytes.u64(index), bytes.u64(index + Long.BYTES), target);
            default -> throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + length);
        }
    }

    /**
     * Appends an IPv4 address as text. Allocates nothing while the target has capacity.
     *
     * @param address its bits
     * @param target where to
     */
    public static void appendIpv4(int address, StringBuilder target) {
        target.append(address >>> 24)
                .append('.')
                .append((address >>> 16) & 0xff)
                .append('.')
                .append((address >>> 8) & 0xff)
                .append('.')
                .append(address & 0xff);
    }

    /**
     * Appends an IPv6 address as text. Allocates nothing while the target has capacity.
     *
     * @param high its first 64 bits
     * @param low its last 64 bits
     * @param target where to
     */
    public static void appendIpv6(long high, long low, StringBuilder target) {
        boolean mapped = high == 0 && low >>> 32 == 0xffffL;
        int words = mapped ? 6 : 8;
        int zerosAt = -1;
        int zeros = 1;
        for (int word = 0; word < words; ) {
            int run = zeroRun(high, low, word, words);
            // The longest run, the first of equals; a lone zero is written out.
            if (run > zeros) {
                zerosAt = word;
                zeros = run;
            }
            word += Math.max(1, run);
        }
        for (int word = 0; word < words; word++) {
            if (word == zerosAt) {
                target.append("::");
                word += zeros - 1;
            } else {
                appendWord(word(high, low, word), target);
                boolean last = word + 1 == words;
                if (last ? mapped : word + 1 != zerosAt) {
                    target.append(':');
                }
            }
        }
        if (mapped) {
            appendIpv4((int) low, target);
        }
    }

    private static int word(long high, long low, int word) {
        long half = word < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (word & 3))) & 0xffff;
    }

    private static int zeroRun(long high, long low, int from, int words) {
        int word = from;
        while (word < words && word(high, low, word) == 0) {
            word++;
        }
        return word - from;
    }

    private static void appendWord(int word, StringBuilder target) {
        int digits = word > 0xfff ? 4 : word > 0xff ? 3 : word > 0xf ? 2 : 1;
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            target.append(HEX[(word >> shift) & 0xf]);
        }
    }

    /**
     * An address as an object. Its length determines the family: an IPv4-mapped IPv6 address stays an IPv6 address.
     *
     * @param bytes where the address is
     * @param index its first byte, from 0
     * @param length 4 or 16
     * @return the address
     * @throws IllegalArgumentException if the length is another
     */
    public static InetAddress toInetAddress(Bytes bytes, int index, int length) {
        byte[] address = new byte[length];
        bytes.copyTo(index, address, 0, length);
        try {
            // Not the general factory: it turns an IPv4-mapped IPv6 address into an IPv4 one.
            return length == 16 ? Inet6Address.getByAddress(null, address, -1) : InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + length, e);
        }
    }
}
