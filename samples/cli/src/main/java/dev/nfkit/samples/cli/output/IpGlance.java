package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.wire.AttributeType;

/** The addresses and ports of a packet, if it is an IP packet. */
public final class IpGlance {
    private static final int ETH_P_IP = 0x0800;
    private static final int ETH_P_IPV6 = 0x86dd;

    private final IpSummary summary = new IpSummary();

    /** Reads a packet from its IP header on. Returns whether it is an IP packet. */
    public boolean wrap(Bytes packet) {
        return summary.wrap(packet);
    }

    /** Reads a payload. Returns whether it is an IP packet. */
    <P extends NetfilterPacket, A extends AttributeType> boolean wrap(P packet, PacketFields<P, A> fields) {
        if (!fields.has(packet, fields.payload)) {
            return false;
        }
        int protocol = packet.etherType();
        return (protocol == ETH_P_IP || protocol == ETH_P_IPV6) && summary.wrap(packet.payload());
    }

    public int protocol() {
        return summary.protocol();
    }

    /** The usual name of the protocol. */
    String protocolName() {
        return switch (summary.protocol()) {
            case IpProtocol.ICMP -> "ICMP";
            case IpProtocol.TCP -> "TCP";
            case IpProtocol.UDP -> "UDP";
            case IpProtocol.ICMPV6 -> "ICMPv6";
            case IpProtocol.SCTP -> "SCTP";
            case IpProtocol.DCCP -> "DCCP";
            case IpProtocol.ESP -> "ESP";
            case IpProtocol.AH -> "AH";
            default -> "IP protocol " + summary.protocol();
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

    /** Appends {@code TCP 10.0.0.1:4000 > 10.0.0.2:80}. */
    public void describe(StringBuilder line) {
        line.append(protocolName()).append(' ');
        open(line);
        summary.writeSource(line);
        close(line, hasPorts() ? sourcePort() : -1);
        line.append(" > ");
        open(line);
        summary.writeDestination(line);
        close(line, hasPorts() ? destinationPort() : -1);
    }

    private void open(StringBuilder line) {
        if (summary.version() == 6 && hasPorts()) {
            line.append('[');
        }
    }

    private void close(StringBuilder line, int port) {
        if (port >= 0) {
            line.append(summary.version() == 6 ? "]:" : ":").append(port);
        }
    }
}
