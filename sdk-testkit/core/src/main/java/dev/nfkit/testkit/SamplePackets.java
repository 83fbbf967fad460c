// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.packet.IcmpType;
import dev.nfkit.packet.InternetChecksum;
import dev.nfkit.packet.Ipv4View;
import dev.nfkit.pcap.CaptureReader;
import dev.nfkit.testkit.message.CapturedPackets;
import dev.nfkit.testkit.message.HexText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * IPv4 and IPv6 packets with correct lengths and checksums (RFC 791, 768, 792, 4443, 8200, 9293), and packets from text
 * and from capture files. {@link SampleIp} builds others.
 */
public final class SamplePackets {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    private SamplePackets() {}

    /**
     * Returns a UDP packet over IPv4, from 192.0.2.1:40000 to 192.0.2.2:53.
     *
     * @param data the payload
     * @return the packet
     */
    public static byte[] udp4(byte... data) {
        return udp("192.0.2.1", 40_000, "192.0.2.2", 53, data);
    }

    /**
     * Returns a UDP packet over IPv6, from [2001:db8::1]:40000 to [2001:db8::2]:53.
     *
     * @param data the payload
     * @return the packet
     */
    public static byte[] udp6(byte... data) {
        return udp("2001:db8::1", 40_000, "2001:db8::2", 53, data);
    }

    /**
     * Returns a UDP packet over IPv4 or IPv6, depending on the addresses.
     *
     * @param source a literal address
     * @param sourcePort 0 to 65535
     * @param target a literal address of the same family
     * @param targetPort 0 to 65535
     * @param data the payload
     * @return the packet
     */
    public static byte[] udp(String source, int sourcePort, String target, int targetPort, byte... data) {
        return SampleIp.between(source, target).udp(sourcePort, targetPort, data);
    }

    /**
     * Returns a TCP segment over IPv4 or IPv6, depending on the addresses; window 65535, no options.
     *
     * @param source a literal address
     * @param sourcePort 0 to 65535
     * @param target a literal address of the same family
     * @param targetPort 0 to 65535
     * @param flags the flags' byte, such as 2 for SYN, 16 for ACK
     * @param data the payload
     * @return the packet
     */
    public static byte[] tcp(String source, int sourcePort, String target, int targetPort, int flags, byte... data) {
        return SampleIp.between(source, target).tcp(sourcePort, targetPort, flags, new byte[0], data);
    }

    /**
     * Returns a TCP SYN over IPv4, from 192.0.2.1:40000 to 192.0.2.2:80.
     *
     * @return the packet
     */
    public static byte[] tcp4() {
        return tcp("192.0.2.1", 40_000, "192.0.2.2", 80, 2);
    }

    /**
     * Returns a TCP SYN over IPv6, from [2001:db8::1]:40000 to [2001:db8::2]:80.
     *
     * @return the packet
     */
    public static byte[] tcp6() {
        return tcp("2001:db8::1", 40_000, "2001:db8::2", 80, 2);
    }

    /**
     * Returns an echo request over IPv4 with id 1, from 192.0.2.1 to 192.0.2.2.
     *
     * @param sequence its sequence number, 0 to 65535
     * @return the packet
     */
    public static byte[] ping4(int sequence) {
        return echo(SampleIp.between("192.0.2.1", "192.0.2.2"), IcmpType.ECHO_REQUEST, sequence);
    }

    /**
     * Returns an echo request over IPv6 with id 1, from 2001:db8::1 to 2001:db8::2.
     *
     * @param sequence its sequence number, 0 to 65535
     * @return the packet
     */
    public static byte[] ping6(int sequence) {
        return echo(SampleIp.between("2001:db8::1", "2001:db8::2"), IcmpType.V6_ECHO_REQUEST, sequence);
    }

    private static byte[] echo(SampleIp ip, int type, int sequence) {
        return ip.icmp(type, 0, 1 << 16 | sequence, HELLO);
    }

    /**
     * Returns a DNS query over UDP, from port 40000 to port 53.
     *
     * @param source a literal address
     * @param target a literal address of the same family: the server's
     * @param name the name to query
     * @param type {@link SampleDns#A} or {@link SampleDns#AAAA}
     * @return the packet
     */
    public static byte[] dnsQuery(String source, String target, String name, int type) {
        return udp(source, 40_000, target, 53, SampleDns.query(1, name, type));
    }

    /**
     * Returns a DNS answer over UDP, from port 53 to port 40000, with a TTL of a minute.
     *
     * @param source a literal address: the server's
     * @param target a literal address of the same family
     * @param name the name of the query
     * @param addresses the addresses of the name, all of one family
     * @return the packet
     */
    public static byte[] dnsAnswer(String source, String target, String name, String... addresses) {
        return udp(source, 53, target, 40_000, SampleDns.answer(1, name, 60, addresses));
    }

    /**
     * Splits an IPv4 packet into fragments. Its Don't Fragment flag is cleared; options are repeated in each fragment.
     *
     * @param packet a complete packet
     * @param size the maximum number of bytes after a fragment's header, a multiple of 8
     * @return the fragments, in order
     * @throws IllegalArgumentException if it is not a complete IPv4 packet, or the size is not a positive multiple of 8
     */
    public static List<byte[]> fragments(byte[] packet, int size) {
        Ipv4View ip = new Ipv4View();
        if (!ip.wrap(Bytes.of(packet)) || ip.totalLength() != packet.length) {
            throw new IllegalArgumentException("only a complete IPv4 packet can be split into fragments");
        }
        if (size < 8 || size % 8 != 0) {
            throw new IllegalArgumentException("size " + size + " is not a positive multiple of 8");
        }
        int header = ip.headerLength();
        List<byte[]> fragments = new ArrayList<>();
        for (int at = header; at < packet.length; at += size) {
            int end = Math.min(packet.length, at + size);
            byte[] fragment = Arrays.copyOf(packet, header + end - at);
            System.arraycopy(packet, at, fragment, header, end - at);
            ByteBuffer fields = ByteBuffer.wrap(fragment);
            fields.putShort(2, (short) fragment.length);
            fields.putShort(6, (short) ((end < packet.length ? 0x2000 : 0) | (at - header) / 8));
            fields.putShort(10, (short) 0);
            fields.putShort(10, (short) InternetChecksum.of(Bytes.of(fragment), 0, header));
            fragments.add(fragment);
        }
        return fragments;
    }

    /**
     * Parses bytes from text: plain hexadecimal digits, with or without spaces, commas and {@code 0x}, or the output of
     * xxd, {@code hexdump -C}, {@code tcpdump -x} and Wireshark. Text after a {@code #} is ignored.
     *
     * @param text one or more lines
     * @return the bytes
     * @throws IllegalArgumentException if something is not hexadecimal, with the number of the line
     */
    public static byte[] fromHex(String text) {
        return HexText.parse(text);
    }

    /**
     * Reads the IP packets of a capture file, pcap or pcapng, of link types raw IP, Ethernet, Linux cooked and NFLOG.
     * Other packets are omitted.
     *
     * @param file the file
     * @return the packets from their IP headers on, in order
     * @throws IOException if the file cannot be read, or is not a capture file
     * @throws IllegalArgumentException if a packet has another link type, or is a malformed record of NFLOG
     */
    public static List<byte[]> fromCapture(Path file) throws IOException {
        try (CaptureReader reader = CaptureReader.open(file)) {
            return CapturedPackets.read(reader);
        }
    }

    /**
     * Reads the IP packets of a capture file among the test resources, as {@link #fromCapture(Path)}.
     *
     * @param neighbour a class in the package of the resource
     * @param resource its name, in the syntax of {@link Class#getResourceAsStream}
     * @return the packets from their IP headers on, in order
     * @throws IOException if the resource cannot be read, or is not a capture file
     * @throws IllegalArgumentException if there is no such resource, or a packet has another link type
     */
    public static List<byte[]> fromCapture(Class<?> neighbour, String resource) throws IOException {
        InputStream stream = neighbour.getResourceAsStream(resource);
        if (stream == null) {
            throw new IllegalArgumentException("there is no resource " + resource + " for " + neighbour.getName());
        }
        try (CaptureReader reader = CaptureReader.of(stream, resource)) {
            return CapturedPackets.read(reader);
        }
    }
}
