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
 * Makes options and extension headers anonymous: addresses of routes are replaced, data that is known to say nothing of
 * anybody stays, everything else becomes noise. Kinds and lengths stay.
 */
final class OptionScrub {
    private static final int IPV4_HEADER = 20;
    private static final int TCP_HEADER = 20;

    private final Scrub scrub;
    private final OptionCursor options = new OptionCursor();

    OptionScrub(Scrub scrub) {
        this.scrub = scrub;
    }

    /** Replaces what IPv4 options or IPv6 extension headers hold. */
    void replace(Region packet, int version) {
        if (version == 4) {
            Ipv4View ip = new Ipv4View();
            ip.wrap(packet.view());
            options.wrap(ip);
            int behind = IPV4_HEADER;
            while (options.next()) {
                ipv4(packet);
                behind = options.offset() + options.length();
            }
            rest(packet, behind, ip.payloadOffset());
        } else {
            ipv6(packet);
        }
    }

    private void ipv4(Region packet) {
        int at = options.dataOffset();
        switch (options.kind()) {
            case Ipv4Option.END, Ipv4Option.NO_OPERATION, Ipv4Option.ROUTER_ALERT -> {
                // They name nobody.
            }
            case Ipv4Option.RECORD_ROUTE, Ipv4Option.LOOSE_SOURCE_ROUTE, Ipv4Option.STRICT_SOURCE_ROUTE -> {
                for (int address = at + 1; address + 4 <= at + options.dataLength(); address += 4) {
                    packet.address(scrub, address, 4);
                }
            }
            default -> packet.noise(scrub, at, options.dataLength());
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
                    for (int address = at + 8; address + 16 <= at + length; address += 16) {
                        packet.address(scrub, address, 16);
                    }
                    packet.noise(scrub, at + 8 + (length - 8) / 16 * 16, (length - 8) % 16);
                }
                case IpProtocol.FRAGMENT -> {
                    // Offset and id name nobody.
                }
                case IpProtocol.AH -> packet.noise(scrub, at + 12, length - 12);
                default -> packet.noise(scrub, at + 2, length - 2);
            }
        }
    }

    private void options(Region packet, ExtensionCursor extension) {
        options.wrap(extension);
        int behind = extension.offset() + 2;
        while (options.next()) {
            switch (options.kind()) {
                case Ipv6Option.PAD1, Ipv6Option.ROUTER_ALERT, Ipv6Option.JUMBO_PAYLOAD -> {
                    // They name nobody.
                }
                case Ipv6Option.PADN -> zero(packet, options.dataOffset(), options.dataLength());
                case Ipv6Option.HOME_ADDRESS -> {
                    if (options.dataLength() == 16) {
                        packet.address(scrub, options.dataOffset(), 16);
                    } else {
                        packet.noise(scrub, options.dataOffset(), options.dataLength());
                    }
                }
                default -> packet.noise(scrub, options.dataOffset(), options.dataLength());
            }
            behind = options.offset() + options.length();
        }
        rest(packet, behind, extension.offset() + extension.length());
    }

    /** What follows the last option: behind the list's end nothing but zeros has a meaning. */
    private void rest(Region packet, int at, int end) {
        if (options.malformed()) {
            packet.noise(scrub, at, end - at);
        } else {
            zero(packet, at, end - at);
        }
    }

    private static void zero(Region packet, int at, int length) {
        for (int index = at; index < Math.min(at + length, packet.length); index++) {
            packet.bytes[packet.start + index] = 0;
        }
    }

    /** Replaces what options of TCP hold. */
    void replace(Region packet, TcpView tcp, int at) {
        options.wrap(tcp);
        int behind = at + TCP_HEADER;
        while (options.next()) {
            switch (options.kind()) {
                case TcpOption.END,
                        TcpOption.NO_OPERATION,
                        TcpOption.MAXIMUM_SEGMENT_SIZE,
                        TcpOption.WINDOW_SCALE,
                        TcpOption.SACK_PERMITTED,
                        TcpOption.SACK,
                        TcpOption.TIMESTAMPS -> {
                    // They name nobody.
                }
                default -> packet.noise(scrub, options.dataOffset(), options.dataLength());
            }
            behind = options.offset() + options.length();
        }
        rest(packet, behind, at + tcp.headerLength());
    }
}
