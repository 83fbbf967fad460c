// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

/** The internet checksum of a packet, updated as bytes change. */
public final class Checksums {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int UDPLITE = 136;

    private Checksums() {}

    /** The sum of bytes that begin at an even offset. */
    public static long sum(byte[] bytes, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            int value = bytes[offset + i] & 0xff;
            sum += (i & 1) == 0 ? (long) value << 8 : value;
        }
        return sum;
    }

    /** Replaces a part of what a checksum covers. */
    public static int replace(int checksum, long before, long after) {
        long sum = (~checksum & 0xffff) + (0xffffL * 0x10000 - fold(before)) + after;
        int folded = (int) (~fold(sum) & 0xffff);
        return folded == 0 ? 0xffff : folded;
    }

    private static long fold(long sum) {
        long folded = sum;
        while (folded >> 16 != 0) {
            folded = (folded & 0xffff) + (folded >> 16);
        }
        return folded;
    }

    /** The position of the transport header's checksum that covers addresses; −1 if it has none. */
    public static int transportOffset(PacketState packet) {
        if (!packet.hasTransport()) {
            return -1;
        }
        int offset = switch (packet.protocol) {
            case TCP -> packet.transport + 16;
            case UDP, UDPLITE -> packet.transport + 6;
            case ICMPV6 -> packet.transport + 2;
            default -> -1;
        };
        if (offset < 0 || offset + 2 > packet.bytes.length) {
            return -1;
        }
        return packet.protocol == UDP && packet.u16(offset) == 0 ? -1 : offset;
    }

    /** Replaces an address, and a port if there is one, and corrects the checksums. */
    static void readdress(PacketState packet, boolean source, byte[] address, int port) {
        int checksum = transportOffset(packet);
        int at = packet.addressOffset(source);
        long before = sum(packet.bytes, at, address.length);
        long after = sum(address, 0, address.length);
        packet.write(at, address, 0, address.length);
        if (packet.family == PacketState.IPV4) {
            packet.u16(10, replace(packet.u16(10), before, after));
        }
        if (checksum >= 0) {
            packet.u16(checksum, replace(packet.u16(checksum), before, after));
        }
        int place = packet.transport + (source ? 0 : 2);
        if (port >= 0 && packet.hasTransport() && place + 2 <= packet.bytes.length) {
            int old = packet.u16(place);
            packet.u16(place, port);
            if (checksum >= 0) {
                packet.u16(checksum, replace(packet.u16(checksum), old, port));
            }
        }
    }

    /** Takes a hop from the packet, as forwarding does. Returns false if there is none left. */
    public static boolean hop(PacketState packet) {
        int at = packet.family == PacketState.IPV4 ? 8 : 7;
        int left = packet.bytes[at] & 0xff;
        if (left <= 1) {
            return false;
        }
        byte[] changed = {(byte) (left - 1)};
        packet.write(at, changed, 0, 1);
        if (packet.family == PacketState.IPV4) {
            packet.u16(10, replace(packet.u16(10), (long) left << 8, (long) (left - 1) << 8));
        }
        return true;
    }
}
