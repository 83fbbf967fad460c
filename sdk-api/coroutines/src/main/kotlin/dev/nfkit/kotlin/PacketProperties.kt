// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.AddressFamily
import dev.nfkit.Bytes
import dev.nfkit.Hook
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.netfilter.HardwareAddress
import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.QueuedPacket
import kotlin.time.Instant

private const val NANOS_PER_SECOND = 1_000_000_000L

/** Reads a value if the kernel sent its attribute; otherwise null. Nothing is thrown and caught. */
private inline fun <T : Any> NetfilterPacket.ifSent(
    logged: NflogAttribute,
    queued: NfqueueAttribute,
    read: NetfilterPacket.() -> T,
): T? {
    val sent =
        when (this) {
            is NflogPacket -> has(logged)
            is QueuedPacket -> has(queued)
            else -> true
        }
    return if (sent) read() else null
}

internal fun instantOf(epochNanos: Long): Instant =
    Instant.fromEpochSeconds(Math.floorDiv(epochNanos, NANOS_PER_SECOND), Math.floorMod(epochNanos, NANOS_PER_SECOND))

/** The family of the rule that matched the packet. */
public val NetfilterPacket.family: AddressFamily get() = family()

/** The hook of the rule that matched the packet; null if the kernel sent no packet header. */
public val NetfilterPacket.hook: Hook? get() =
    ifSent(NflogAttribute.PACKET_HDR, NfqueueAttribute.PACKET_HDR) { hook() }

/** The protocol of the payload: `0x0800` for IPv4, `0x86dd` for IPv6, 0 if it is unknown; 0 to 65535. */
public val NetfilterPacket.etherType: Int get() = etherType()

/** The packet's mark; 0 if it has none, as in the kernel. */
public val NetfilterPacket.mark: UInt get() = mark().toUInt()

/** The time at which the packet came in, to the microsecond; null for packets that passed no receiving hook. */
public val NetfilterPacket.timestamp: Instant? get() =
    ifSent(NflogAttribute.TIMESTAMP, NfqueueAttribute.TIMESTAMP) { instantOf(timestampNanos()) }

/** The kernel's timestamp if there is one, otherwise the time of receipt, which is later. */
public val NetfilterPacket.capturedAt: Instant get() = instantOf(capturedAtNanos())

/** The time at which the packet was received from the socket; the same for all packets of a batch. */
public val NetfilterPacket.receivedAt: Instant get() = instantOf(receivedAtNanos())

/** The index of the interface that the packet came in by, from 1; null for packets that this host sent. */
public val NetfilterPacket.inInterface: Int? get() =
    ifSent(NflogAttribute.IFINDEX_INDEV, NfqueueAttribute.IFINDEX_INDEV) { inInterface().toInt() }

/** The index of the interface that the packet leaves by, from 1; null before the routing decision. */
public val NetfilterPacket.outInterface: Int? get() =
    ifSent(NflogAttribute.IFINDEX_OUTDEV, NfqueueAttribute.IFINDEX_OUTDEV) { outInterface().toInt() }

/** The index of the bridge port that the packet came in by, from 1; null if it does not cross a bridge. */
public val NetfilterPacket.physInInterface: Int? get() =
    ifSent(NflogAttribute.IFINDEX_PHYSINDEV, NfqueueAttribute.IFINDEX_PHYSINDEV) { physInInterface().toInt() }

/** The index of the bridge port that the packet leaves by, from 1; null if it does not cross a bridge. */
public val NetfilterPacket.physOutInterface: Int? get() =
    ifSent(NflogAttribute.IFINDEX_PHYSOUTDEV, NfqueueAttribute.IFINDEX_PHYSOUTDEV) { physOutInterface().toInt() }

/** The sender's link-layer address; null if the kernel sent none, as for packets that this host sent. */
public val NetfilterPacket.hardwareAddress: HardwareAddress? get() =
    ifSent(NflogAttribute.HWADDR, NfqueueAttribute.HWADDR) { hardwareAddress() }

/** The user id of the sending socket's owner; null if the kernel sent none, as for packets that came in. */
public val NetfilterPacket.uid: UInt? get() = ifSent(NflogAttribute.UID, NfqueueAttribute.UID) { uid().toUInt() }

/** The group id of the sending socket's owner; null if the kernel sent none, as for packets that came in. */
public val NetfilterPacket.gid: UInt? get() = ifSent(NflogAttribute.GID, NfqueueAttribute.GID) { gid().toUInt() }

/** The VLAN tag that the device took off; null if there is none. */
public val NetfilterPacket.vlan: VlanTag? get() = ifSent(NflogAttribute.VLAN, NfqueueAttribute.VLAN) { vlan() }

/**
 * The packet's connection, borrowed or owned as the packet is; null if the kernel sent none: it was not requested, or
 * the packet is not tracked. It is decoded by the first access.
 *
 * @throws dev.nfkit.MalformedMessageException if its attributes cannot be read
 */
public val NetfilterPacket.conntrack: ConntrackEntry? get() =
    ifSent(NflogAttribute.CT, NfqueueAttribute.CT) { conntrack() }

/** The packet's place in its connection; null if the kernel sent none. */
public val NetfilterPacket.conntrackInfo: ConntrackInfo? get() =
    ifSent(NflogAttribute.CT_INFO, NfqueueAttribute.CT_INFO) { conntrackInfo() }

/** The link-layer header of packets of the bridge and netdev families; null if there is none. */
public val NetfilterPacket.l2Header: Bytes? get() =
    ifSent(NflogAttribute.L2HDR, NfqueueAttribute.L2HDR) { l2Header() }

/** The packet from its network header on, up to the copy range; empty if the copy mode omits it. */
public val NetfilterPacket.payload: Bytes get() = payload()

/** The length of the packet on the wire in bytes, never less than the payload's. */
public val NetfilterPacket.originalLength: Int get() = originalLength()

/** Whether the payload is shorter than the packet was. */
public val NetfilterPacket.truncated: Boolean get() = truncated()

/** The group that the packet was logged to: 0 to 65535. */
public val NflogPacket.group: Int get() = group()

/** The prefix of the rule; null if the kernel sent none, as for rules of nftables without one. */
public val NflogPacket.prefix: String? get() = if (has(NflogAttribute.PREFIX)) prefix() else null

/** The packet's number in its group, counted from 0; null if numbering is off. A gap is a loss. */
public val NflogPacket.sequence: UInt? get() = if (has(NflogAttribute.SEQ)) sequence().toUInt() else null

/** The receiving device's type (`ARPHRD_*`), 1 for Ethernet; null for packets that this host sent. */
public val NflogPacket.hardwareType: Int? get() = if (has(NflogAttribute.HWTYPE)) hardwareType() else null

/** The link-layer header as received; null for packets that this host sent. */
public val NflogPacket.hardwareHeader: Bytes? get() = if (has(NflogAttribute.HWHEADER)) hardwareHeader() else null

/** The queue that the packet waits in: 0 to 65535. */
public val QueuedPacket.queue: Int get() = queue()

/** The packet's number in its queue, counted from 1. */
public val QueuedPacket.id: UInt get() = id().toUInt()

/** The packet's priority (`skb->priority`); 0 if it has none, and on kernels before 5.18. */
public val QueuedPacket.priority: UInt get() = priority().toUInt()

/** The packet's security context; null if the kernel sent none. */
public val QueuedPacket.securityContext: String? get() =
    if (has(NfqueueAttribute.SECCTX)) securityContext() else null

/** The class that the control group gave the sending socket (`net_cls.classid`); null if the kernel sent none. */
public val QueuedPacket.cgroupClassId: UInt? get() =
    if (has(NfqueueAttribute.CGROUP_CLASSID)) cgroupClassId().toUInt() else null
