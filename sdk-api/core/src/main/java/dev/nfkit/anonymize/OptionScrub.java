// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.packet.ExtensionCursor;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.Ipv4Option;
import dev.nfkit.packet.Ipv4View;
import dev.nfkit.packet.Ipv6Option;
import dev.nfkit.packet.Ipv6View;
import dev.nfkit.packet.OptionCursor;
import dev.nfkit.packet.TcpOption;
import dev.nfkit.packet.TcpView;

/**
 * Makes options and extension headers anonymous: addresses of routes are replaced, numbers of known options stay if
 * they have the length that the option defines, everything else becomes noise. Kinds and lengths stay.
 */
final class OptionScrub {
    private static final int IPV4_HEADER = 20;
    private static final int TCP_HEADER = 20;

    private final Scrub scrub;
    private final OptionCursor options = new OptionCursor();

    OptionScrub(Scrub scrub) {
        this.scrub = scrub;
    }

    /** Replaces the data of IPv4 options or IPv6 extension headers. */
    void replace(Region packet, int version) {
        if (version == 4) {
            Ipv4View ip = new Ipv4View();
            ip.wrap(packet.view());
            options.wrap(ip);
            int after = IPV4_HEADER;
            while (options.next()) {
                ipv4(packet);
                after = options.offset() + options.length();
            }
            rest(packet, after, ip.payloadOffset());
        } else {
            ipv6(packet);
        }
    }

    private void ipv4(Region packet) {
        int at = options.dataOffset();
        switch (options.kind()) {
            case Ipv4Option.END, Ipv4Option.NO_OPERATION -> number(packet, 0);
            case Ipv4Option.ROUTER_ALERT -> number(packet, 2);
            case Ipv4Option.RECORD_ROUTE, Ipv4Option.LOOSE_SOURCE_ROUTE, Ipv4Option.STRICT_SOURCE_ROUTE -> {
                int end = at + options.dataLength();
                int address = at + 1;
                for (; address + 4 <= end; address += 4) {
                    packet.address(scrub, address, 4);
                }
                packet.noise(scrub, address, end - address);
            }
            default -> packet.noise(scrub, at, options.dataLength());
        }
    }

    /** Keeps the data of an option that has a fixed length. Of any other length it is not what is known. */
    private void number(Region packet, int length) {
        if (options.dataLength() != length) {
            packet.noise(scrub, options.dataOffset(), options.dataLength());
        }
    }

    private void ipv6(Region packet) {
        Ipv6View ip = new Ipv6View();
        ip.wrap(packet.view());
        ExtensionCursor extensions = new ExtensionCursor().wrap(ip);
        while (extensions.next()) {
            int at = extensions.offset();
            int length = Math.min(extensions.length(), packet.length - at);
            switch (extensions.type()) {
                case IpProtocol.HOP_BY_HOP, IpProtocol.DESTINATION_OPTIONS -> options(packet, extensions);
                case IpProtocol.ROUTING -> {
                    packet.noise(scrub, at + 4, Math.min(4, length - 4));
                    int address = at + 8;
                    for (; address + 16 <= at + length; address += 16) {
                        packet.address(scrub, address, 16);
                    }
                    packet.noise(scrub, address, at + length - address);
                }
                case IpProtocol.FRAGMENT -> {
                    // Its offset and identification stay.
                }
                case IpProtocol.AH -> packet.noise(scrub, at + 12, length - 12);
                default -> packet.noise(scrub, at + 2, length - 2);
            }
        }
    }

    private void options(Region packet, ExtensionCursor extension) {
        options.wrap(extension);
        int after = extension.offset() + 2;
        while (options.next()) {
            switch (options.kind()) {
                case Ipv6Option.PAD1 -> number(packet, 0);
                case Ipv6Option.ROUTER_ALERT -> number(packet, 2);
                case Ipv6Option.JUMBO_PAYLOAD -> number(packet, 4);
                case Ipv6Option.PADN -> packet.zero(options.dataOffset(), options.dataLength());
                case Ipv6Option.HOME_ADDRESS -> {
                    if (options.dataLength() == 16) {
                        packet.address(scrub, options.dataOffset(), 16);
                    } else {
                        packet.noise(scrub, options.dataOffset(), options.dataLength());
                    }
                }
                default -> packet.noise(scrub, options.dataOffset(), options.dataLength());
            }
            after = options.offset() + options.length();
        }
        rest(packet, after, extension.offset() + extension.length());
    }

    /** Replaces what follows the last option: after the end of the list only zeros have a meaning. */
    private void rest(Region packet, int at, int end) {
        if (options.malformed()) {
            packet.noise(scrub, at, end - at);
        } else {
            packet.zero(at, end - at);
        }
    }

    /** Replaces the data of TCP options. */
    void replace(Region packet, TcpView tcp, int at) {
        options.wrap(tcp);
        int after = at + TCP_HEADER;
        while (options.next()) {
            switch (options.kind()) {
                case TcpOption.END, TcpOption.NO_OPERATION, TcpOption.SACK_PERMITTED -> number(packet, 0);
                case TcpOption.MAXIMUM_SEGMENT_SIZE -> number(packet, 2);
                case TcpOption.WINDOW_SCALE -> number(packet, 1);
                case TcpOption.TIMESTAMPS -> number(packet, 8);
                // Pairs of sequence numbers.
                case TcpOption.SACK -> number(packet, options.dataLength() / 8 * 8);
                default -> packet.noise(scrub, options.dataOffset(), options.dataLength());
            }
            after = options.offset() + options.length();
        }
        rest(packet, after, at + tcp.headerLength());
    }
}
