// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.Bytes;
import dev.nfkit.packet.ChecksumState;
import dev.nfkit.packet.ExtensionCursor;
import dev.nfkit.packet.InternetChecksum;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.Ipv4View;
import dev.nfkit.packet.Ipv6View;
import dev.nfkit.packet.PacketChecksums;

/**
 * Makes a packet anonymous in place, at its length: addresses and flow labels are replaced, headers keep the rest,
 * everything else becomes noise. A checksum keeps its state: right, wrong, not ready or none. A wrong one becomes a
 * fixed number, as its distance to the right one would reveal bits of the original. The transport's checksum becomes
 * noise if its state is unknown (of a fragment or a cut packet).
 */
final class PacketScrub {
    /** The most packets inside one another that are replaced as packets. */
    private static final int DEEPEST = 3;

    private static final int IPV6_HEADER = 40;
    /** What a wrong checksum becomes: the first of these that is wrong. */
    private static final int[] WRONG = {0xbad0, 0xbad1, 0xbad2, 0xbad3};

    private final Scrub scrub;
    private final TransportScrub transport;
    private final OptionScrub options;

    PacketScrub(Scrub scrub) {
        this.scrub = scrub;
        this.options = new OptionScrub(scrub);
        this.transport = new TransportScrub(scrub, this, options);
    }

    /** Replaces a packet, from its IP header on. */
    void replace(Region packet) {
        replace(packet, 0);
    }

    void replace(Region packet, int depth) {
        int version = packet.length == 0 ? 0 : packet.u8(0) >> 4;
        PacketChecksums before = new PacketChecksums();
        if (depth > DEEPEST || !before.wrap(packet.view())) {
            replaceUnknown(packet);
            return;
        }
        ChecksumState header = before.header();
        ChecksumState segment = before.transport();
        Found found = version == 4 ? ipv4(packet) : ipv6(packet);
        int checksumAt = before.known() ? found.checksumAt() : -1;
        if (version == 4) {
            packet.address(scrub, 12, 4);
            packet.address(scrub, 16, 4);
        } else {
            int label = (packet.u8(1) & 0xf) << 16 | packet.u16(2);
            int replacement = scrub.flowLabel(label);
            packet.u16(0, (packet.u16(0) & 0xfff0) | replacement >>> 16);
            packet.u16(2, replacement & 0xffff);
            packet.address(scrub, 8, 16);
            packet.address(scrub, 24, 16);
        }
        options.replace(packet, version);
        transport.replace(packet, found, before.known(), depth);
        packet.noise(scrub, found.end());
        seal(packet, version, header, segment, checksumAt);
    }

    /** Replaces a packet that is not IP by noise that does not look like IP. */
    void replaceUnknown(Region packet) {
        packet.noise(scrub, 0);
        if (packet.length > 0) {
            packet.bytes[packet.start] &= 0xf;
        }
    }

    /** Where a packet's transport is, as far as it can be stated: whole, and from where to where. */
    record Found(int version, int protocol, boolean fragment, boolean first, boolean cut, int at, int end) {
        int checksumAt() {
            return switch (protocol) {
                case IpProtocol.TCP -> at + 16;
                case IpProtocol.UDP -> at + 6;
                case IpProtocol.ICMP, IpProtocol.ICMPV6 -> at + 2;
                default -> -1;
            };
        }
    }

    private static Found ipv4(Region packet) {
        Ipv4View ip = new Ipv4View();
        ip.wrap(packet.view());
        int stated = ip.totalLength();
        boolean cut = stated < ip.headerLength() || stated > packet.length;
        boolean fragment = ip.moreFragments() || ip.fragmentOffset() != 0;
        return new Found(
                4,
                ip.protocol(),
                fragment,
                ip.fragmentOffset() == 0,
                cut,
                ip.payloadOffset(),
                cut ? packet.length : stated);
    }

    private static Found ipv6(Region packet) {
        Ipv6View ip = new Ipv6View();
        ip.wrap(packet.view());
        int stated = IPV6_HEADER + ip.payloadLength();
        boolean jumbo = stated == IPV6_HEADER && ip.nextHeader() != IpProtocol.NO_NEXT_HEADER;
        boolean cut = jumbo || stated > packet.length;
        ExtensionCursor extensions = new ExtensionCursor().wrap(ip);
        int headersEnd = IPV6_HEADER;
        while (extensions.next()) {
            headersEnd = extensions.offset() + extensions.length();
        }
        boolean fragment = ip.moreFragments() || ip.fragmentOffset() != 0;
        // If extension headers do not end inside the packet, no transport follows them.
        int protocol = extensions.incomplete() ? -1 : ip.upperProtocol();
        int end = cut ? packet.length : stated;
        return new Found(6, protocol, fragment, ip.fragmentOffset() == 0, cut, Math.min(headersEnd, end), end);
    }

    private static void seal(Region packet, int version, ChecksumState header, ChecksumState segment, int checksumAt) {
        PacketChecksums after = new PacketChecksums();
        Bytes view = packet.view();
        after.wrap(view);
        if (version == 4) {
            packet.u16(10, after.computeHeader());
            for (int index = 0; header == ChecksumState.WRONG && after.header() != header; index++) {
                packet.u16(10, WRONG[index]);
            }
        }
        if (checksumAt < 0 || !after.known()) {
            return;
        }
        switch (segment) {
            case RIGHT -> packet.u16(checksumAt, after.computeTransport());
            case WRONG -> {
                // At most one of the numbers is right, and at most one is the sum of the pseudo header.
                packet.u16(checksumAt, WRONG[0]);
                for (int index = 1; after.transport() != segment; index++) {
                    packet.u16(checksumAt, WRONG[index]);
                }
            }
            case NOT_READY -> packet.u16(checksumAt, pseudoHeader(packet, version, checksumAt));
            case NONE -> packet.u16(checksumAt, 0);
            case UNKNOWN -> {
                // It became noise together with the data it covers.
            }
        }
    }

    private static int pseudoHeader(Region packet, int version, int checksumAt) {
        Found found = version == 4 ? ipv4(packet) : ipv6(packet);
        int covered = found.protocol() == IpProtocol.UDP ? packet.u16(checksumAt - 2) : found.end() - found.at();
        Bytes view = packet.view();
        return InternetChecksum.fold(
                version == 4
                        ? InternetChecksum.pseudoHeader(
                                (int) view.u32(12), (int) view.u32(16), found.protocol(), covered)
                        : InternetChecksum.pseudoHeader(view, 8, found.protocol(), covered));
    }
}
