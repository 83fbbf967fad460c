package dev.nfkit.samples.cli.filter;

import dev.nfkit.Bytes;
import dev.nfkit.packet.AddressText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.regex.Pattern;

/** An address, or all addresses with the same first bits. The bits are at the left end of 128. */
public record Network(int version, long high, long low, int prefix) {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:]+(:\\d{1,3}(\\.\\d{1,3}){3})?");

    /**
     * Parses {@code 10.0.0.0/8} or {@code fd00::1}.
     *
     * @throws IllegalArgumentException if the text is not an address; the message describes the error
     */
    public static Network parse(String text) {
        return parse(text, true);
    }

    /**
     * Parses {@code 10.0.0.0/8} or {@code fd00::1}.
     *
     * @param text an address, or one with a prefix length
     * @param exact whether bits after the prefix are refused; otherwise they are ignored
     * @throws IllegalArgumentException if the text is not an address; the message describes the error
     */
    public static Network parse(String text, boolean exact) {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        int bits = address.length * Byte.SIZE;
        int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1), bits);
        ByteBuffer left = ByteBuffer.wrap(Arrays.copyOf(address, 16));
        Network given = new Network(address.length == 4 ? 4 : 6, left.getLong(0), left.getLong(8), prefix);
        Network whole =
                new Network(given.version, given.high & mask(prefix), given.low & mask(prefix - Long.SIZE), prefix);
        if (exact && !whole.equals(given)) {
            throw new IllegalArgumentException("has bits after its prefix; the network is " + whole);
        }
        return whole;
    }

    private static byte[] address(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "is not an address; give one such as 10.0.0.0/8 or fd00::1 (names are not looked up)");
        }
        try {
            byte[] address = InetAddress.getByName(text).getAddress();
            if (text.indexOf(':') < 0 || address.length == 16) {
                return address;
            }
            byte[] mapped = new byte[16]; // Java reads ::ffff:10.0.0.1 as an IPv4 address
            mapped[10] = (byte) 0xff;
            mapped[11] = (byte) 0xff;
            System.arraycopy(address, 0, mapped, 12, 4);
            return mapped;
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("is not an address", e);
        }
    }

    private static int prefix(String text, int bits) {
        if (text.matches("\\d{1,3}") && Integer.parseInt(text) <= bits) {
            return Integer.parseInt(text);
        }
        throw new IllegalArgumentException("needs a prefix length of 0 to " + bits + " bits");
    }

    private static long mask(int bits) {
        return bits <= 0 ? 0 : bits >= Long.SIZE ? -1 : -1L << (Long.SIZE - bits);
    }

    /** The address, with 0 for the bits after the prefix. */
    public InetAddress address() {
        return AddressText.toInetAddress(Bytes.of(left()), 0, length());
    }

    /** Whether it is a single address. */
    public boolean whole() {
        return prefix == length() * Byte.SIZE;
    }

    private byte[] left() {
        return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    private int length() {
        return version == 4 ? 4 : 16;
    }

    /** Whether the address that begins at an index, of this version, is in the network. */
    boolean contains(Bytes packet, int index) {
        return version == 4
                ? (packet.u32(index) << Integer.SIZE & mask(prefix)) == high
                : (packet.u64(index) & mask(prefix)) == high
                        && (packet.u64(index + Long.BYTES) & mask(prefix - Long.SIZE)) == low;
    }

    @Override
    public String toString() {
        String text = AddressText.of(Bytes.of(left()).slice(0, length()));
        return whole() ? text : text + "/" + prefix;
    }
}
