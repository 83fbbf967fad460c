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
     * Appends an address as text. Allocates nothing while the target has room.
     *
     * @param bytes where the address is
     * @param index its first byte, from 0
     * @param length 4 or 16
     * @param target where to
     * @throws IllegalArgumentException if the length is another
     * @throws IndexOutOfBoundsException if the address leaves the bytes
     */
    public static void append(Bytes bytes, int index, int length, StringBuilder target) {
        switch (length) {
            case 4 -> appendIpv4(bytes, index, target);
            case 16 -> appendIpv6(bytes, index, target);
            default -> throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + length);
        }
    }

    private static void appendIpv4(Bytes bytes, int index, StringBuilder target) {
        target.append(bytes.u8(index))
                .append('.')
                .append(bytes.u8(index + 1))
                .append('.')
                .append(bytes.u8(index + 2))
                .append('.')
                .append(bytes.u8(index + 3));
    }

    private static void appendIpv6(Bytes bytes, int index, StringBuilder target) {
        boolean mapped = bytes.u64(index) == 0 && bytes.u32(index + 8) == 0xffffL;
        int words = mapped ? 6 : 8;
        int zerosAt = -1;
        int zeros = 1;
        for (int word = 0; word < words; ) {
            int run = zeroRun(bytes, index, word, words);
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
                appendWord(bytes.u16(index + 2 * word), target);
                boolean last = word + 1 == words;
                if (last ? mapped : word + 1 != zerosAt) {
                    target.append(':');
                }
            }
        }
        if (mapped) {
            appendIpv4(bytes, index + 12, target);
        }
    }

    private static int zeroRun(Bytes bytes, int index, int from, int words) {
        int word = from;
        while (word < words && bytes.u16(index + 2 * word) == 0) {
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

    static InetAddress toInetAddress(Bytes bytes, int index, int length) {
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
