package dev.nfkit.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** IPv4 and IPv6 packets with right lengths and checksums (RFC 791, 768, 792, 4443, 8200, 9293). */
public final class SamplePackets {
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int IPV4_HEADER = 20;
    private static final int TTL = 64;
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    private SamplePackets() {}

    /**
     * UDP over IPv4, from 192.0.2.1:40000 to 192.0.2.2:53.
     *
     * @param data what it carries
     * @return the packet
     */
    public static byte[] udp4(byte... data) {
        return udp("192.0.2.1", 40_000, "192.0.2.2", 53, data);
    }

    /**
     * UDP over IPv6, from [2001:db8::1]:40000 to [2001:db8::2]:53.
     *
     * @param data what it carries
     * @return the packet
     */
    public static byte[] udp6(byte... data) {
        return udp("2001:db8::1", 40_000, "2001:db8::2", 53, data);
    }

    /**
     * UDP over IPv4 or IPv6, as the addresses are.
     *
     * @param source a literal address
     * @param sourcePort 0 to 65535
     * @param target a literal address of the same family
     * @param targetPort 0 to 65535
     * @param data what it carries
     * @return the packet
     */
    public static byte[] udp(String source, int sourcePort, String target, int targetPort, byte... data) {
        ByteBuffer segment = ByteBuffer.allocate(8 + data.length);
        segment.putShort((short) sourcePort).putShort((short) targetPort);
        segment.putShort((short) segment.capacity()).putShort((short) 0).put(data);
        return packet(source, target, UDP, segment.array(), 6);
    }

    /**
     * A TCP segment over IPv4 or IPv6, as the addresses are; window 65535, no options.
     *
     * @param source a literal address
     * @param sourcePort 0 to 65535
     * @param target a literal address of the same family
     * @param targetPort 0 to 65535
     * @param flags the flags' byte, such as 2 for SYN, 16 for ACK
     * @param data what it carries
     * @return the packet
     */
    public static byte[] tcp(String source, int sourcePort, String target, int targetPort, int flags, byte... data) {
        ByteBuffer segment = ByteBuffer.allocate(20 + data.length);
        segment.putShort((short) sourcePort).putShort((short) targetPort);
        segment.putInt(1).putInt((flags & 16) != 0 ? 1 : 0);
        segment.put((byte) 0x50).put((byte) flags).putShort((short) 0xffff);
        segment.putShort((short) 0).putShort((short) 0).put(data);
        return packet(source, target, TCP, segment.array(), 16);
    }

    /**
     * A TCP SYN over IPv4, from 192.0.2.1:40000 to 192.0.2.2:80.
     *
     * @return the packet
     */
    public static byte[] tcp4() {
        return tcp("192.0.2.1", 40_000, "192.0.2.2", 80, 2);
    }

    /**
     * A TCP SYN over IPv6, from [2001:db8::1]:40000 to [2001:db8::2]:80.
     *
     * @return the packet
     */
    public static byte[] tcp6() {
        return tcp("2001:db8::1", 40_000, "2001:db8::2", 80, 2);
    }

    /**
     * An echo request over IPv4, from 192.0.2.1 to 192.0.2.2, of id 1.
     *
     * @param sequence its sequence number, 0 to 65535
     * @return the packet
     */
    public static byte[] ping4(int sequence) {
        return packet("192.0.2.1", "192.0.2.2", ICMP, echo(8, sequence), 2);
    }

    /**
     * An echo request over IPv6, from 2001:db8::1 to 2001:db8::2, of id 1.
     *
     * @param sequence its sequence number, 0 to 65535
     * @return the packet
     */
    public static byte[] ping6(int sequence) {
        return packet("2001:db8::1", "2001:db8::2", ICMPV6, echo(128, sequence), 2);
    }

    private static byte[] echo(int type, int sequence) {
        return ByteBuffer.allocate(8 + HELLO.length)
                .put((byte) type)
                .put((byte) 0)
                .putShort((short) 0)
                .putShort((short) 1)
                .putShort((short) sequence)
                .put(HELLO)
                .array();
    }

    private static byte[] packet(String source, String target, int protocol, byte[] segment, int checksumAt) {
        byte[] from = SampleAddress.literal(source);
        byte[] to = SampleAddress.literal(target);
        if (from.length != to.length) {
            throw new IllegalArgumentException(source + " and " + target + " are of different families");
        }
        if (segment.length > 0xffff - IPV4_HEADER) {
            throw new IllegalArgumentException("data of " + segment.length + " bytes with its header; 65515 at most");
        }
        byte[] pseudo = protocol == ICMP ? new byte[0] : pseudoHeader(from, to, protocol, segment.length);
        int sum = checksum(sum(pseudo) + sum(segment));
        // UDP says no checksum by 0 (RFC 768), so it writes a sum of 0 as 65535.
        int written = protocol == UDP && sum == 0 ? 0xffff : sum;
        ByteBuffer.wrap(segment).putShort(checksumAt, (short) written);
        byte[] header = from.length == 4 ? ipv4(from, to, protocol, segment.length) : ipv6(from, to, protocol, segment);
        byte[] packet = Arrays.copyOf(header, header.length + segment.length);
        System.arraycopy(segment, 0, packet, header.length, segment.length);
        return packet;
    }

    private static byte[] pseudoHeader(byte[] from, byte[] to, int protocol, int length) {
        return ByteBuffer.allocate(2 * from.length + 8)
                .put(from)
                .put(to)
                .putInt(length)
                .putInt(protocol)
                .array();
    }

    private static byte[] ipv4(byte[] from, byte[] to, int protocol, int length) {
        ByteBuffer header = ByteBuffer.allocate(IPV4_HEADER);
        header.put((byte) 0x45).put((byte) 0).putShort((short) (IPV4_HEADER + length));
        header.putShort((short) 1).putShort((short) 0x4000);
        header.put((byte) TTL).put((byte) protocol).putShort((short) 0);
        header.put(from).put(to);
        header.putShort(10, (short) checksum(sum(header.array())));
        return header.array();
    }

    private static byte[] ipv6(byte[] from, byte[] to, int protocol, byte[] segment) {
        return ByteBuffer.allocate(40)
                .putInt(0x6000_0000)
                .putShort((short) segment.length)
                .put((byte) protocol)
                .put((byte) TTL)
                .put(from)
                .put(to)
                .array();
    }

    private static long sum(byte[] bytes) {
        long sum = 0;
        for (int at = 0; at < bytes.length; at++) {
            sum += (bytes[at] & 0xffL) << ((at & 1) == 0 ? 8 : 0);
        }
        return sum;
    }

    private static int checksum(long sum) {
        long folded = sum;
        while (folded > 0xffff) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) ~folded & 0xffff;
    }
}
