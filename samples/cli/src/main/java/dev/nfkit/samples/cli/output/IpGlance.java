// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.packet.IcmpText;
import dev.nfkit.packet.IcmpView;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.TcpFlags;
import dev.nfkit.packet.TcpView;
import dev.nfkit.wire.AttributeType;

/** The addresses and ports of a packet, if it is an IP packet. */
public final class IpGlance {
    private static final int ETH_P_IP = 0x0800;
    private static final int ETH_P_IPV6 = 0x86dd;

    private final IpSummary summary = new IpSummary();
    private final IpSummary inner = new IpSummary();
    private final TcpView tcp = new TcpView();
    private final IcmpView icmp = new IcmpView();
    private Bytes bytes = Bytes.of();

    /** Reads a packet from its IP header on. Returns whether it is an IP packet. */
    public boolean wrap(Bytes packet) {
        bytes = packet;
        return summary.wrap(packet);
    }

    /** Reads a payload. Returns whether it is an IP packet. */
    <P extends NetfilterPacket, A extends AttributeType> boolean wrap(P packet, PacketFields<P, A> fields) {
        if (!fields.has(packet, fields.payload)) {
            return false;
        }
        int protocol = packet.etherType();
        return (protocol == ETH_P_IP || protocol == ETH_P_IPV6) && wrap(packet.payload());
    }

    public int protocol() {
        return summary.protocol();
    }

    /** The usual name of the protocol. */
    private static String protocolName(int protocol) {
        return switch (protocol) {
            case IpProtocol.ICMP -> "ICMP";
            case IpProtocol.TCP -> "TCP";
            case IpProtocol.UDP -> "UDP";
            case IpProtocol.ICMPV6 -> "ICMPv6";
            case IpProtocol.SCTP -> "SCTP";
            case IpProtocol.DCCP -> "DCCP";
            case IpProtocol.ESP -> "ESP";
            case IpProtocol.AH -> "AH";
            default -> "IP protocol " + protocol;
        };
    }

    public String source() {
        return summary.source();
    }

    public String destination() {
        return summary.destination();
    }

    public boolean hasPorts() {
        return summary.hasPorts();
    }

    public int sourcePort() {
        return summary.sourcePort();
    }

    public int destinationPort() {
        return summary.destinationPort();
    }

    /**
     * Appends {@code TCP 10.0.0.1:4000 > 10.0.0.2:80, Flags [S.]} or {@code ICMP 10.0.0.1 > 10.0.0.2, echo request, id 7, seq
     * 1}. An ICMP error is followed by the packet that it is about.
     */
    public void describe(StringBuilder line) {
        addresses(summary, line);
        int transport = summary.transportOffset();
        if (transport < 0) {
            return;
        }
        if (summary.protocol() == IpProtocol.TCP && tcp.wrap(bytes, transport)) {
            line.append(", Flags [").append(TcpFlags.text(tcp.flags())).append(']');
        } else if (isIcmp() && icmp.wrap(bytes, transport)) {
            IcmpText.append(line.append(", "), summary.version(), icmp);
            if (icmp.carriesPacket() && inner.wrap(bytes, icmp.payloadOffset())) {
                addresses(inner, line.append(" ("));
                line.append(')');
            }
        }
    }

    private boolean isIcmp() {
        return summary.protocol() == (summary.version() == 4 ? IpProtocol.ICMP : IpProtocol.ICMPV6);
    }

    private static void addresses(IpSummary ip, StringBuilder line) {
        line.append(protocolName(ip.protocol())).append(' ');
        open(ip, line);
        ip.writeSource(line);
        close(ip, line, ip.hasPorts() ? ip.sourcePort() : -1);
        line.append(" > ");
        open(ip, line);
        ip.writeDestination(line);
        close(ip, line, ip.hasPorts() ? ip.destinationPort() : -1);
    }

    private static void open(IpSummary ip, StringBuilder line) {
        if (ip.version() == 6 && ip.hasPorts()) {
            line.append('[');
        }
    }

    private static void close(IpSummary ip, StringBuilder line, int port) {
        if (port >= 0) {
            line.append(ip.version() == 6 ? "]:" : ":").append(port);
        }
    }
}
