// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.packet.IcmpView
import dev.nfkit.packet.IpProtocol
import dev.nfkit.packet.IpSummary
import dev.nfkit.packet.Ipv4View
import dev.nfkit.packet.Ipv6View
import dev.nfkit.packet.TcpView
import dev.nfkit.packet.UdpView
import java.net.InetAddress

/**
 * The headers of an IP packet.
 *
 *     val ip = packet.ip
 *     if (ip?.tcp?.destinationPort == 443 && ip.destination in blocked) Verdict.DROP else Verdict.ACCEPT
 *
 * Each access to [NetfilterPacket.ip] makes new objects: read it once for each packet. If allocations matter, reuse
 * [IpSummary] and the views of `dev.nfkit.packet`. `IpHeaders` reads the packet's bytes in place, so it is valid as long
 * as they are. One thread at a time, or any number of threads if the packet is owned.
 */
public class IpHeaders internal constructor(
    private val bytes: Bytes,
    private val summary: IpSummary,
) {
    /** The IPv4 header; null in an IPv6 packet. */
    public val v4: Ipv4View? = if (summary.version() == 4) Ipv4View().takeIf { it.wrap(bytes) } else null

    /** The IPv6 header; null in an IPv4 packet. */
    public val v6: Ipv6View? = if (summary.version() == 6) Ipv6View().takeIf { it.wrap(bytes) } else null

    /** 4 or 6. */
    public val version: Int get() = summary.version()

    /** The protocol after the IP header and its extension headers, a number of [IpProtocol]: 0 to 255. */
    public val protocol: Int get() = summary.protocol()

    /** The address that the packet comes from. */
    public val source: InetAddress get() = v4?.sourceAddress() ?: checkNotNull(v6).sourceAddress()

    /** The address that the packet goes to. */
    public val destination: InetAddress get() = v4?.destinationAddress() ?: checkNotNull(v6).destinationAddress()

    /** The source port of TCP, UDP, UDP-Lite, SCTP or DCCP; null in other packets, later fragments and cut packets. */
    public val sourcePort: Int? get() = if (summary.hasPorts()) summary.sourcePort() else null

    /** The destination port of TCP, UDP, UDP-Lite, SCTP or DCCP; null as [sourcePort] is. */
    public val destinationPort: Int? get() = if (summary.hasPorts()) summary.destinationPort() else null

    /** The TCP header; null in packets of other protocols, in later fragments, and if it is cut. */
    public val tcp: TcpView? by lazy(LazyThreadSafetyMode.PUBLICATION) {
        transport(IpProtocol.TCP) { at -> TcpView().takeIf { it.wrap(bytes, at) } }
    }

    /** The UDP header; null in packets of other protocols, in later fragments, and if it is cut. */
    public val udp: UdpView? by lazy(LazyThreadSafetyMode.PUBLICATION) {
        transport(IpProtocol.UDP) { at -> UdpView().takeIf { it.wrap(bytes, at) } }
    }

    /** The ICMP or ICMPv6 header; null in packets of other protocols, in later fragments, and if it is cut. */
    public val icmp: IcmpView? by lazy(LazyThreadSafetyMode.PUBLICATION) {
        val icmp = if (version == 4) IpProtocol.ICMP else IpProtocol.ICMPV6
        transport(icmp) { at -> IcmpView().takeIf { it.wrap(bytes, at) } }
    }

    /**
     * The payload of TCP, UDP, ICMP or ICMPv6, without a copy; null if the packet has another protocol, is a later
     * fragment, or is cut before it.
     */
    public val payload: Bytes? get() = BytesView().takeIf { summary.payload(it) }

    private inline fun <T : Any> transport(
        wanted: Int,
        view: (at: Int) -> T?,
    ): T? {
        val at = summary.transportOffset()
        return if (protocol == wanted && at >= 0) view(at) else null
    }

    /** The addresses and, if there are any, the ports: `10.0.0.1:4000 > 10.0.0.2:53`. */
    override fun toString(): String {
        val ports = summary.hasPorts()
        return end(summary.source(), if (ports) summary.sourcePort() else null) + " > " +
            end(summary.destination(), if (ports) summary.destinationPort() else null)
    }

    private fun end(
        address: String,
        port: Int?,
    ) = when {
        port == null -> address
        version == 6 -> "[$address]:$port"
        else -> "$address:$port"
    }
}

/** The IP headers that these bytes start with; null if there are none. */
public val Bytes.ip: IpHeaders? get() = IpSummary().takeIf { it.wrap(this) }?.let { IpHeaders(this, it) }

/** The IP headers of the packet; null if the payload does not start with a whole IP header. */
public val NetfilterPacket.ip: IpHeaders? get() = payload().ip

/** The source port: 0 to 65535. */
public val TcpView.sourcePort: Int get() = sourcePort()

/** The destination port: 0 to 65535. */
public val TcpView.destinationPort: Int get() = destinationPort()

/** Whether the SYN flag is set, as in the segments that open a connection. */
public val TcpView.syn: Boolean get() = syn()

/** Whether the ACK flag is set. */
public val TcpView.ack: Boolean get() = ack()

/** Whether the FIN flag is set. */
public val TcpView.fin: Boolean get() = fin()

/** Whether the RST flag is set. */
public val TcpView.rst: Boolean get() = rst()

/** The sequence number of the first byte of the payload. */
public val TcpView.sequence: UInt get() = sequence().toUInt()

/** The sequence number that the sender expects next; meaningful only if [ack] is set. */
public val TcpView.acknowledgement: UInt get() = acknowledgement().toUInt()

/** The source port: 0 to 65535. */
public val UdpView.sourcePort: Int get() = sourcePort()

/** The destination port: 0 to 65535. */
public val UdpView.destinationPort: Int get() = destinationPort()

/** The type of the message, a number of [dev.nfkit.packet.IcmpType]: 0 to 255. */
public val IcmpView.type: Int get() = type()

/** The code of the message, whose meaning depends on the type: 0 to 255. */
public val IcmpView.code: Int get() = code()
