// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.Bytes;
import dev.nfkit.filter.FilterView;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogCaptureFiles;
import dev.nfkit.nflog.NflogCaptureOptions;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The code of the guide to logged packets. */
public final class LogPackets {
    private LogPackets() {}

    /** Prints the packets of a group until another thread stops the session. */
    public static void print(NetlinkTransport transport, PrintStream out) throws IOException {
        NflogOptions options =
                NflogOptions.builder().group(30, group -> group.copyRange(128)).build();
        IpSummary ip = new IpSummary();
        try (NflogSession session = NflogSession.open(transport, options)) {
            session.run(packet -> {
                if (ip.wrap(packet.payload())) {
                    out.println(packet.prefix() + ip.source() + " > " + ip.destination() + ": "
                            + packet.originalLength() + " bytes");
                }
            });
            out.println(session.statistics());
        }
    }

    /** Installs the rule that logs, and removes it at the end. */
    public static NflogSession withRule(NetlinkTransport transport) throws IOException {
        NflogOptions options =
                NflogOptions.builder().group(30).rule("tcp dport 443").build();
        return NflogSession.open(transport, options);
    }

    /** Keeps packets beyond the callback. */
    public static void keep(NflogSession session, List<NflogPacket> kept) throws IOException {
        session.poll(packet -> kept.add(packet.copy()), Duration.ofSeconds(1));
    }

    /** Reads what a packet has. */
    public static String describe(NflogPacket packet, InterfaceNames names) {
        Bytes payload = packet.payload();
        String from = packet.has(NflogAttribute.IFINDEX_INDEV) ? names.apply(packet.inInterface()) : "this host";
        return packet.hook() + " from " + from + ", " + payload.length() + " of " + packet.originalLength() + " bytes";
    }

    /** Looks at some packets only. */
    public static long count(NflogSession session, NetlinkTransport transport) throws IOException {
        PacketFilter dns = PacketFilter.parse("udp port 53 and not src 10.0.0.0/8");
        FilterView view = FilterView.of(transport.kernel());
        long[] found = new long[1];
        session.poll(
                packet -> {
                    if (dns.matches(view.wrap(packet))) {
                        found[0]++;
                    }
                },
                Duration.ofSeconds(1));
        return found[0];
    }

    /** Writes the packets of a group into a sequence of files of which the last are kept. */
    public static void record(NetlinkTransport transport, NflogOptions options, Path target) throws IOException {
        NflogCaptureOptions ring = NflogCaptureOptions.builder()
                .fileBytes(10_000_000)
                .fileTime(Duration.ofHours(1))
                .keep(24)
                .build();
        try (NflogSession session = NflogSession.open(transport, options);
                NflogCaptureFiles files =
                        NflogCaptureFiles.open(target, ring, transport.kernel(), session::statistics)) {
            session.run(files::write);
        }
    }
}
