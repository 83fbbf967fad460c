package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.packet.AddressText;
import dev.nfkit.socket.AttributeTest;
import dev.nfkit.socket.EventTest;
import dev.nfkit.socket.FamilyTest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;

/** Addresses that begin with the same bits. The bits behind them are 0. */
record Prefix(boolean six, long high, long low, int length) {
    private static final int V4 = 32;
    private static final int V6 = 128;

    static Prefix of(InetAddress address) {
        return of(address, address instanceof Inet6Address ? V6 : V4);
    }

    static Prefix of(InetAddress address, int length) {
        boolean six = address instanceof Inet6Address;
        if (length < 0 || length > (six ? V6 : V4)) {
            throw new IllegalArgumentException("prefix length " + length + " of " + address.getHostAddress()
                    + " is out of 0 to " + (six ? V6 : V4));
        }
        Bytes bytes = Bytes.of(address.getAddress());
        return six
                ? new Prefix(
                        true,
                        bytes.u64(0) & ones(Math.min(length, Long.SIZE)),
                        bytes.u64(Long.BYTES) & ones(Math.max(0, length - Long.SIZE)),
                        length)
                : new Prefix(false, 0, bytes.u32(0) & (ones(length) >>> V4), length);
    }

    /** So many ones from the left. */
    private static long ones(int count) {
        return count == 0 ? 0 : -1L << (Long.SIZE - count);
    }

    AddressFamily family() {
        return six ? AddressFamily.IPV6 : AddressFamily.IPV4;
    }

    /** Whether it means one address. */
    boolean isWhole() {
        return length == (six ? V6 : V4);
    }

    boolean matches(AddressFamily other, long otherHigh, long otherLow) {
        return other.equals(family()) && (otherHigh & maskHigh()) == high && (otherLow & maskLow()) == low;
    }

    long maskHigh() {
        return six ? ones(Math.min(length, Long.SIZE)) : 0;
    }

    long maskLow() {
        return six ? ones(Math.max(0, length - Long.SIZE)) : ones(length) >>> V4;
    }

    /** What an address at a path is asked for to begin so, word by word. */
    void addTests(List<EventTest> tests, int... path) {
        int words = six ? V6 / Integer.SIZE : 1;
        for (int word = 0; word < words; word++) {
            // IPv4's only word is the last of the low half.
            int place = six ? word : V6 / Integer.SIZE - 1;
            long mask = word(maskHigh(), maskLow(), place);
            if (mask != 0) {
                tests.add(AttributeTest.at(path)
                        .offset(word * Integer.BYTES)
                        .width(Integer.BYTES)
                        .mask(mask)
                        .is(word(high, low, place)));
            }
        }
        if (length == 0) {
            tests.add(FamilyTest.of(family().number()));
        }
    }

    private static long word(long high, long low, int place) {
        long half = place < 2 ? high : low;
        return ((place & 1) == 0 ? half >>> Integer.SIZE : half) & 0xffff_ffffL;
    }

    byte[] bytes() {
        return six
                ? ByteBuffer.allocate(V6 / Byte.SIZE).putLong(high).putLong(low).array()
                : ByteBuffer.allocate(V4 / Byte.SIZE).putInt((int) low).array();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(48);
        if (six) {
            AddressText.appendIpv6(high, low, text);
        } else {
            AddressText.appendIpv4((int) low, text);
        }
        return isWhole() ? text.toString() : text.append('/').append(length).toString();
    }
}
