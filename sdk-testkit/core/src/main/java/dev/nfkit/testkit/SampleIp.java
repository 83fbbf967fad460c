// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.packet.ChecksumState;
import dev.nfkit.packet.InternetChecksum;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.PacketChecksums;
import dev.nfkit.testkit.message.LiteralAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Builds an IPv4 or IPv6 packet, depending on the addresses, with options or extension headers, and by default with
 * correct lengths and checksums. {@link SamplePackets} has common packets. Not safe for several threads.
 *
 * <pre>{@code
 * byte[] packet = SampleIp.between("192.0.2.1", "192.0.2.2").ttl(1).checksum(ChecksumState.WRONG).udp(40000, 53, data);
 * }</pre>
 */
public final class SampleIp {
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int LONGEST = 0xffff;
    private static final int UDP_CHECKSUM = 6;
    private static final int TCP_CHECKSUM = 16;
    private static final int ICMP_CHECKSUM = 2;

    private final byte[] from;
    private final byte[] to;
    private int ttl = 64;
    private int id = 1;
    private int trafficClass;
    private byte[] options = {};
    private final ByteArrayOutputStream extensions = new ByteArrayOutputStream();
    private int firstExtension = -1;
    private int lastExtensionAt = -1;
    private ChecksumState checksum = ChecksumState.RIGHT;
    private boolean headerWrong;

    private SampleIp(byte[] from, byte[] to) {
        this.from = from;
        this.to = to;
    }

    /**
     * Begins a packet.
     *
     * @param source a literal address
     * @param target a literal address of the same family
     * @return a builder
     * @throws IllegalArgumentException if an address is not literal, or they are of different families
     */
    public static SampleIp between(String source, String target) {
        byte[] from = LiteralAddress.literal(source);
        byte[] to = LiteralAddress.literal(target);
        if (from.length != to.length) {
            throw new IllegalArgumentException(source + " and " + target + " are of different families");
        }
        return new SampleIp(from, to);
    }

    /**
     * Sets the TTL or hop limit, 64 by default.
     *
     * @param value 0 to 255
     * @return this builder
     */
    public SampleIp ttl(int value) {
        ttl = range("ttl", value, 0xff);
        return this;
    }

    /**
     * Sets the identification of IPv4, 1 by default. IPv6 has none.
     *
     * @param value 0 to 65535
     * @return this builder
     */
    public SampleIp id(int value) {
        id = range("id", value, LONGEST);
        return this;
    }

    /**
     * Sets the traffic class: DSCP and ECN.
     *
     * @param value 0 to 255
     * @return this builder
     */
    public SampleIp trafficClass(int value) {
        trafficClass = range("traffic class", value, 0xff);
        return this;
    }

    /**
     * Sets the options of IPv4, which are padded with zeros to a multiple of four.
     *
     * @param value up to 40 bytes
     * @return this builder
     * @throws IllegalArgumentException if there are more than 40 bytes, or the packet is IPv6
     */
    public SampleIp options(byte... value) {
        if (from.length != 4) {
            throw new IllegalArgumentException("IPv6 has extension headers, not options");
        }
        range("options", value.length, 40);
        options = Arrays.copyOf(value, (value.length + 3) & -4);
        return this;
    }

    /**
     * Appends an extension header of IPv6.
     *
     * @param type its number, such as {@link IpProtocol#DESTINATION_OPTIONS}
     * @param body the bytes after its next-header byte, beginning with its length field; its length plus one is a
     *     multiple of eight
     * @return this builder
     * @throws IllegalArgumentException if the length is not such, or the packet is IPv4
     */
    public SampleIp extension(int type, byte... body) {
        if (from.length != 16) {
            throw new IllegalArgumentException("IPv4 has options, not extension headers");
        }
        if ((body.length + 1) % 8 != 0) {
            throw new IllegalArgumentException(
                    "an extension header of " + (body.length + 1) + " bytes is not a multiple of 8");
        }
        range("extension header", type, 0xff);
        if (firstExtension < 0) {
            firstExtension = type;
        } else {
            byte[] before = extensions.toByteArray();
            before[lastExtensionAt] = (byte) type;
            extensions.reset();
            extensions.writeBytes(before);
        }
        lastExtensionAt = extensions.size();
        extensions.write(0);
        extensions.writeBytes(body);
        return this;
    }

    /**
     * Sets the state of the transport checksum.
     *
     * @param state RIGHT, the default; WRONG; NOT_READY, the sum of only the pseudo header, as in a packet whose
     *     checksum the network card completes; or for UDP NONE
     * @return this builder
     * @throws IllegalArgumentException if it is UNKNOWN
     */
    public SampleIp checksum(ChecksumState state) {
        if (state == ChecksumState.UNKNOWN) {
            throw new IllegalArgumentException("a checksum is RIGHT, WRONG, NOT_READY or NONE");
        }
        checksum = state;
        return this;
    }

    /**
     * Makes the checksum of the IPv4 header wrong.
     *
     * @return this builder
     */
    public SampleIp wrongHeaderChecksum() {
        headerWrong = true;
        return this;
    }

    /**
     * Builds the packet with UDP.
     *
     * @param sourcePort 0 to 65535
     * @param targetPort 0 to 65535
     * @param data the payload
     * @return its bytes
     */
    public byte[] udp(int sourcePort, int targetPort, byte... data) {
        ByteBuffer segment = ByteBuffer.allocate(8 + data.length);
        segment.putShort(port(sourcePort)).putShort(port(targetPort));
        segment.putShort((short) segment.capacity()).putShort((short) 0).put(data);
        return packet(IpProtocol.UDP, segment.array(), UDP_CHECKSUM);
    }

    /**
     * Builds the packet with a TCP segment; sequence number 1, window 65535.
     *
     * @param sourcePort 0 to 65535
     * @param targetPort 0 to 65535
     * @param flags the flags' byte, such as 2 for SYN, 16 for ACK
     * @param tcpOptions up to 40 bytes, padded with zeros to a multiple of four
     * @param data the payload
     * @return its bytes
     */
    public byte[] tcp(int sourcePort, int targetPort, int flags, byte[] tcpOptions, byte... data) {
        range("flags", flags, 0xff);
        range("TCP options", tcpOptions.length, 40);
        byte[] padded = Arrays.copyOf(tcpOptions, (tcpOptions.length + 3) & -4);
        ByteBuffer segment = ByteBuffer.allocate(20 + padded.length + data.length);
        segment.putShort(port(sourcePort)).putShort(port(targetPort));
        segment.putInt(1).putInt((flags & 16) != 0 ? 1 : 0);
        segment.put((byte) ((5 + padded.length / 4) << 4)).put((byte) flags).putShort((short) 0xffff);
        segment.putInt(0).put(padded).put(data);
        return packet(IpProtocol.TCP, segment.array(), TCP_CHECKSUM);
    }

    /**
     * Builds the packet with ICMP, or ICMPv6 if the addresses are IPv6.
     *
     * @param type 0 to 255
     * @param code 0 to 255
     * @param rest the header's last four bytes, such as id and sequence number
     * @param data the bytes after the header
     * @return its bytes
     */
    public byte[] icmp(int type, int code, int rest, byte... data) {
        ByteBuffer message = ByteBuffer.allocate(8 + data.length);
        message.put((byte) range("type", type, 0xff)).put((byte) range("code", code, 0xff));
        message.putShort((short) 0).putInt(rest).put(data);
        return packet(from.length == 4 ? IpProtocol.ICMP : IpProtocol.ICMPV6, message.array(), ICMP_CHECKSUM);
    }

    /**
     * Builds the packet with any protocol. No checksum is computed except that of the IPv4 header.
     *
     * @param protocol 0 to 255
     * @param data the payload
     * @return its bytes
     */
    public byte[] carrying(int protocol, byte... data) {
        return packet(range("protocol", protocol, 0xff), data, -1);
    }

    private byte[] packet(int protocol, byte[] segment, int checksumAt) {
        byte[] header = from.length == 4 ? ipv4(protocol, segment.length) : ipv6(protocol, segment.length);
        byte[] packet = Arrays.copyOf(header, header.length + segment.length);
        System.arraycopy(segment, 0, packet, header.length, segment.length);
        if (checksumAt >= 0) {
            seal(packet, header.length, protocol, header.length + checksumAt);
        }
        return packet;
    }

    private byte[] ipv4(int protocol, int length) {
        int headerLength = IPV4_HEADER + options.length;
        range("data with its header", length, LONGEST - headerLength);
        ByteBuffer header = ByteBuffer.allocate(headerLength);
        header.put((byte) (0x40 | headerLength / 4)).put((byte) trafficClass);
        header.putShort((short) (headerLength + length)).putShort((short) id).putShort((short) 0x4000);
        header.put((byte) ttl)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(from)
                .put(to)
                .put(options);
        int sum = InternetChecksum.finish(InternetChecksum.sum(header.array(), 0, headerLength));
        header.putShort(10, (short) (headerWrong ? other(sum) : sum));
        return header.array();
    }

    private byte[] ipv6(int protocol, int length) {
        byte[] between = extensions.toByteArray();
        range("data with its header", length, LONGEST - between.length);
        if (lastExtensionAt >= 0) {
            between[lastExtensionAt] = (byte) protocol;
        }
        return ByteBuffer.allocate(IPV6_HEADER + between.length)
                .putInt(0x6000_0000 | trafficClass << 20)
                .putShort((short) (between.length + length))
                .put((byte) (firstExtension < 0 ? protocol : firstExtension))
                .put((byte) ttl)
                .put(from)
                .put(to)
                .put(between)
                .array();
    }

    private void seal(byte[] packet, int transportAt, int protocol, int checksumAt) {
        PacketChecksums checksums = new PacketChecksums();
        checksums.wrap(Bytes.of(packet));
        if (!checksums.known()) {
            throw new IllegalArgumentException(
                    "the checksum cannot be computed after these options or extension headers");
        }
        int right = checksums.computeTransport();
        int value = switch (checksum) {
            case RIGHT, UNKNOWN -> right;
            case WRONG -> other(right);
            case NOT_READY -> pseudoHeader(packet, protocol, packet.length - transportAt);
            case NONE -> 0;
        };
        ByteBuffer.wrap(packet).putShort(checksumAt, (short) value);
    }

    private int pseudoHeader(byte[] packet, int protocol, int length) {
        if (protocol == IpProtocol.ICMP) {
            throw new IllegalArgumentException("ICMP over IPv4 has no pseudo header, so it cannot be NOT_READY");
        }
        Bytes bytes = Bytes.of(packet);
        return InternetChecksum.fold(
                from.length == 4
                        ? InternetChecksum.pseudoHeader((int) bytes.u32(12), (int) bytes.u32(16), protocol, length)
                        : InternetChecksum.pseudoHeader(bytes, 8, protocol, length));
    }

    /** A checksum that is wrong, and neither of the two special values: 0 and 65535. */
    private static int other(int right) {
        return (right + 4711) % 0xfffe + 1;
    }

    private static short port(int number) {
        return (short) range("port", number, LONGEST);
    }

    private static int range(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to " + most);
        }
        return value;
    }
}
