// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.AddressFamily
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.NatRange
import dev.nfkit.conntrack.ProtocolInfo
import java.net.InetAddress
import java.util.BitSet
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Reads a value if the kernel sent its attribute; otherwise null. Nothing is thrown and caught. */
private inline fun <T : Any> ConntrackEntry.ifSent(
    attribute: ConntrackAttribute,
    read: ConntrackEntry.() -> T,
): T? = if (has(attribute)) read() else null

/** The packets and bytes that were counted in one direction. */
public data class Traffic(
    /** Packets since the connection began, or since the counters were last reset. */
    val packets: Long,
    /** Bytes in the same time, from the network header on. */
    val bytes: Long,
)

private fun ConntrackEntry.traffic(direction: Direction): Traffic? =
    if (hasCounters(direction)) Traffic(packets(direction), bytes(direction)) else null

/** The family of the connection's addresses. */
public val ConntrackEntry.family: AddressFamily get() = family()

/** The direction that the connection began in; null if the kernel did not send it. */
public val ConntrackEntry.original: ConntrackTuple? get() = ifSent(ConntrackAttribute.TUPLE_ORIG) { original() }

/** The direction of the answers, after NAT; null if the kernel did not send it. */
public val ConntrackEntry.reply: ConntrackTuple? get() = ifSent(ConntrackAttribute.TUPLE_REPLY) { reply() }

/** The connection that expected this one, such as FTP's control connection; null if there is none. */
public val ConntrackEntry.master: ConntrackTuple? get() = ifSent(ConntrackAttribute.TUPLE_MASTER) { master() }

/** The status bits; null if the kernel did not send them. */
public val ConntrackEntry.status: Set<ConntrackStatus>? get() =
    ifSent(ConntrackAttribute.STATUS) { ConntrackStatus.of(status()) }

/** The tracked state of TCP, SCTP or DCCP; null if the protocol has none. */
public val ConntrackEntry.protocolInfo: ProtocolInfo? get() = protocolInfo().orElse(null)

/** The time without a packet after which the kernel removes the connection; null if it has ended. */
public val ConntrackEntry.timeout: Duration? get() = ifSent(ConntrackAttribute.TIMEOUT) { timeout().seconds }

/** The mark of the connection; 0 if it has none, as in the kernel. */
public val ConntrackEntry.mark: UInt get() = mark().toUInt()

/** The zone of both directions: 0 to 65535. */
public val ConntrackEntry.zone: Int get() = zone()

/** The opaque id, which identifies the connection; null if the kernel did not send it. */
public val ConntrackEntry.id: UInt? get() = ifSent(ConntrackAttribute.ID) { id().toUInt() }

/** What was counted in the original direction; null if the kernel does not count. */
public val ConntrackEntry.sent: Traffic? get() = traffic(Direction.ORIGINAL)

/** What was counted in the reply direction; null if the kernel does not count. */
public val ConntrackEntry.received: Traffic? get() = traffic(Direction.REPLY)

/** The time of the connection's beginning; null if the kernel keeps no timestamps. */
public val ConntrackEntry.start: Instant? get() = if (hasStart()) instantOf(startNanos()) else null

/** The time of the connection's end; null while it goes on, or if the kernel keeps no timestamps. */
public val ConntrackEntry.stop: Instant? get() = if (hasStop()) instantOf(stopNanos()) else null

/** The connection's labels, a bit each; empty if it has none. */
public val ConntrackEntry.labels: BitSet get() = if (has(ConntrackAttribute.LABELS)) labels() else BitSet()

/** The name of the helper, such as `ftp`; null if the connection has none. */
public val ConntrackEntry.helper: String? get() = if (hasHelper()) helper() else null

/** The security context; null if the kernel sent none. */
public val ConntrackEntry.securityContext: String? get() = if (hasSecurityContext()) securityContext() else null

/** The range of source NAT that was requested; null if there is none. */
public val ConntrackEntry.sourceNat: NatRange? get() = ifSent(ConntrackAttribute.NAT_SRC) { sourceNat() }

/** The range of destination NAT that was requested; null if there is none. */
public val ConntrackEntry.destinationNat: NatRange? get() = ifSent(ConntrackAttribute.NAT_DST) { destinationNat() }

/** The address that packets of this direction come from. */
public val ConntrackTuple.source: InetAddress get() = source()

/** The address that packets of this direction go to. */
public val ConntrackTuple.destination: InetAddress get() = destination()

/** The protocol above IP, a number of [dev.nfkit.packet.IpProtocol]; null in a tuple without one. */
public val ConntrackTuple.protocol: Int? get() = if (hasProtocol()) protocol() else null

/** The source port; null if the protocol has no ports. */
public val ConntrackTuple.sourcePort: Int? get() = if (hasPorts()) sourcePort() else null

/** The destination port; null if the protocol has no ports. */
public val ConntrackTuple.destinationPort: Int? get() = if (hasPorts()) destinationPort() else null

/** The id of an ICMP echo; null if the protocol is not ICMP or ICMPv6. */
public val ConntrackTuple.icmpId: Int? get() = if (hasIcmp()) icmpId() else null
