// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import java.util.Arrays;

/**
 * The checksums of a simple packet, computed from the definitions (RFC 791, 793, 768, 8200) and not by nfkit. A simple
 * packet is IPv4 with or without options, or IPv6 without extension headers, with TCP or UDP, not fragmented.
 */
public final class Checksums {
    private static final int TCP = 6;
    private static final int UDP = 17;

    private final byte[] packet;
    private final boolean six;
    private final int headerLength;
    private final int length;
    private final int protocol;

    private Checksums(byte[] packet) {
        this.packet = packet;
        six = (packet[0] & 0xf0) == 0x60;
        headerLength = six ? 40 : (packet[0] & 0xf) * 4;
        length = six ? 40 + u16(4) : u16(2);
        protocol = packet[six ? 6 : 9] & 0xff;
    }

    /** Whether a packet is simple and complete. */
    public static boolean canTell(byte... packet) {
        if (packet.length < 20) {
            return false;
        }
        int version = (packet[0] & 0xf0) >> 4;
        if (version == 6 ? packet.length < 40 : version != 4 || (packet[0] & 0xf) < 5) {
            return false;
        }
        Checksums of = new Checksums(packet);
        boolean fragment = version == 4 && (of.u16(6) & 0x3fff) != 0;
        int least = of.protocol == TCP ? 20 : 8;
        return !fragment
                && (of.protocol == TCP || of.protocol == UDP)
                && of.length <= packet.length
                && of.length - of.headerLength >= least
                && (of.protocol == TCP
                        || (of.u16(of.headerLength + 4) >= 8
                                && of.u16(of.headerLength + 4) <= of.length - of.headerLength));
    }

    /** The checksums of a packet that {@link #canTell} accepts. */
    public static Checksums of(byte... packet) {
        return new Checksums(packet);
    }

    private int u16(int at) {
        return (packet[at] & 0xff) << 8 | (packet[at + 1] & 0xff);
    }

    /** Whether the checksum of the IPv4 header is correct; true for IPv6, which has none. */
    public boolean headerRight() {
        return six || sum(0, 0, headerLength) == 0xffff;
    }

    /** Whether the UDP packet has no checksum. */
    public boolean none() {
        return protocol == UDP && u16(headerLength + 6) == 0;
    }

    /** Whether the checksum of the transport is correct. */
    public boolean transportRight() {
        int covered = protocol == UDP ? u16(headerLength + 4) : length - headerLength;
        long pseudo = protocol + covered;
        int addresses = six ? 8 : 12;
        pseudo = sum(pseudo, addresses, addresses + (six ? 32 : 8));
        return sum(pseudo, headerLength, headerLength + covered) == 0xffff;
    }

    private int sum(long start, int from, int to) {
        long sum = start;
        byte[] range = Arrays.copyOfRange(packet, from, to + ((to - from) & 1));
        if (((to - from) & 1) != 0) {
            range[range.length - 1] = 0;
        }
        for (int i = 0; i < range.length; i += 2) {
            sum += (range[i] & 0xff) << 8 | (range[i + 1] & 0xff);
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }
}
