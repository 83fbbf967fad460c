// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.Bytes;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.TraceAttribute;
import dev.nfkit.nftables.trace.TraceStep;
import dev.nfkit.packet.Ipv4View;
import dev.nfkit.packet.Ipv6View;
import dev.nfkit.samples.cli.output.IpGlance;

/** What is known of a traced packet: the first bytes from its IP header on. One thread at a time. */
public final class TracedHeaders {
    private static final Bytes NOTHING = Bytes.of();
    private static final int IPV6_HEADER = 40;

    private final IpGlance ip = new IpGlance();
    private final Ipv4View ipv4 = new Ipv4View();
    private final Ipv6View ipv6 = new Ipv6View();
    private Bytes bytes = NOTHING;
    private boolean isIp;
    private int originalLength;

    /** Reads the headers of a packet. */
    public TracedHeaders read(PacketPath path) {
        bytes = path.description().map(this::join).orElse(NOTHING);
        isIp = ip.wrap(bytes);
        return this;
    }

    private Bytes join(TraceStep step) {
        Bytes network = step.networkHeader();
        originalLength = network.length();
        boolean whole = false;
        if (ipv4.wrap(network)) {
            originalLength = ipv4.totalLength();
            whole = network.length() == ipv4.headerLength();
        } else if (ipv6.wrap(network)) {
            originalLength = IPV6_HEADER + ipv6.payloadLength();
            whole = network.length() < IPV6_HEADER + Byte.BYTES && !extends6(ipv6.nextHeader());
        }
        if (!whole || !step.has(TraceAttribute.TRANSPORT_HEADER)) {
            return network.copy();
        }
        Bytes transport = step.transportHeader();
        byte[] joined = new byte[network.length() + transport.length()];
        network.copyTo(0, joined, 0, network.length());
        transport.copyTo(0, joined, network.length(), transport.length());
        return Bytes.of(joined);
    }

    /** Whether the transport header is after more headers, which the message does not have. */
    private static boolean extends6(int next) {
        return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
    }

    /** The bytes that are known, from the network header on; empty if all of them are lost. */
    public Bytes bytes() {
        return bytes;
    }

    /** Whether it is an IP packet. */
    public boolean isIp() {
        return isIp;
    }

    /** The length of the whole packet from the network header on, as far as that shows it. */
    public int originalLength() {
        return Math.max(originalLength, bytes.length());
    }

    /** Addresses and ports. */
    public IpGlance ip() {
        return ip;
    }
}
