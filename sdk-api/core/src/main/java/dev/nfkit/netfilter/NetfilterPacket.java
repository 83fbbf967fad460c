// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackInfo;

/**
 * The common part of packets of NFLOG and NFQUEUE.
 *
 * <p>A packet that was handed to a callback is <em>borrowed</em>: it is one reusable view over the receive buffer.
 * After the callback has returned, every accessor throws IllegalStateException and the payload's length is −1. {@link
 * #copy()} returns an owned packet, which any number of threads may read.
 *
 * <p>Attributes that the kernel did not send are absent, not zero: their accessors throw
 * java.util.NoSuchElementException, which names the attribute and what would make the kernel send it. Only the mark is
 * 0 if it is absent, as in the kernel. 32-bit numbers are long, 0 to 2³²−1.
 */
public interface NetfilterPacket {
    /**
     * The family of the rule that matched the packet.
     *
     * @return the family
     */
    AddressFamily family();

    /**
     * The hook of the rule that matched the packet.
     *
     * @return the hook
     * @throws java.util.NoSuchElementException if the kernel sent no packet header
     */
    Hook hook();

    /**
     * The ethertype in the packet header, as the kernel sent it. {@link #etherType()} is correct even if this is 0.
     *
     * @return 0x0800 for IPv4, 0x86dd for IPv6; 0 for packets that this host sent, before Linux 4.10; 0 to 65535
     * @throws java.util.NoSuchElementException if the kernel sent no packet header
     */
    int hwProtocol();

    /**
     * The protocol of the payload, as an ethertype: {@link #hwProtocol()}, or, if that is 0 or absent, the protocol on
     * which the family and the payload's IP version agree.
     *
     * @return 0x0800 for IPv4, 0x86dd for IPv6; 0 if it is unknown; 0 to 65535
     */
    int etherType();

    /**
     * The packet's mark.
     *
     * @return the mark, 0 if it has none
     */
    long mark();

    /**
     * The time at which the packet came in, by the kernel's clock, to the microsecond. The kernel has it only for
     * packets that passed a receiving hook.
     *
     * @return nanoseconds since 1970
     * @throws java.util.NoSuchElementException if the kernel sent no timestamp
     */
    long timestampNanos();

    /**
     * The time at which the packet was received from the socket, by this machine's clock; the same for all packets of a
     * batch.
     *
     * @return nanoseconds since 1970
     */
    long receivedAtNanos();

    /**
     * The kernel's timestamp if there is one, otherwise the time of receipt. The time of receipt is too late by the
     * time that the packet waited in its batch and in the socket: a packet that this host sent can appear later than
     * its answer.
     *
     * @return nanoseconds since 1970
     */
    long capturedAtNanos();

    /**
     * The index of the interface that the packet came in by.
     *
     * @return the index, from 1
     * @throws java.util.NoSuchElementException if there is none, as for packets sent by this host
     */
    long inInterface();

    /**
     * The index of the interface that the packet leaves by.
     *
     * @return the index, from 1
     * @throws java.util.NoSuchElementException if there is none, as before the routing decision
     */
    long outInterface();

    /**
     * The index of the bridge port that the packet came in by.
     *
     * @return the index, from 1
     * @throws java.util.NoSuchElementException if the packet does not cross a bridge
     */
    long physInInterface();

    /**
     * The index of the bridge port that the packet leaves by.
     *
     * @return the index, from 1
     * @throws java.util.NoSuchElementException if the packet does not cross a bridge
     */
    long physOutInterface();

    /**
     * The sender's link-layer address.
     *
     * @return the address, cut to its own length
     * @throws java.util.NoSuchElementException if the kernel sent none, as for packets sent by this host
     */
    HardwareAddress hardwareAddress();

    /**
     * The user id of the sending socket's owner: of a logged packet, as it is in the user namespace of the group's owner;
     * of a queued packet, as it is in the initial user namespace, also in a container.
     *
     * @return the user id
     * @throws java.util.NoSuchElementException if the kernel sent none, as for packets that came in
     */
    long uid();

    /**
     * The group id of the sending socket's owner, in the user namespaces of {@link #uid()}.
     *
     * @return the group id
     * @throws java.util.NoSuchElementException if the kernel sent none, as for packets that came in
     */
    long gid();

    /**
     * The VLAN tag that the device took off.
     *
     * @return the tag
     * @throws java.util.NoSuchElementException if there is none
     */
    VlanTag vlan();

    /**
     * The packet's connection. It is decoded by the first call.
     *
     * @return the connection, borrowed as the packet is; owned if the packet is owned
     * @throws java.util.NoSuchElementException if the kernel sent none: it was not requested, or no rule of the
     *     namespace makes the kernel track connections
     * @throws MalformedMessageException if its attributes cannot be read
     */
    ConntrackEntry conntrack() throws MalformedMessageException;

    /**
     * The packet's place in its connection: its state and direction.
     *
     * @return the place
     * @throws java.util.NoSuchElementException if the kernel sent none
     */
    ConntrackInfo conntrackInfo();

    /**
     * The link-layer header, of packets of the bridge and netdev families.
     *
     * @return the bytes, borrowed as the packet is
     * @throws java.util.NoSuchElementException if there is none
     */
    Bytes l2Header();

    /**
     * The packet from its network header on, up to the copy range.
     *
     * @return the bytes, borrowed as the packet is; empty if the copy mode omits the payload
     */
    Bytes payload();

    /**
     * The length of the packet on the wire, according to its IP header; the payload's length if the header does not
     * give it.
     *
     * @return a length in bytes, never less than the payload's
     */
    int originalLength();

    /**
     * Whether the payload is shorter than the packet was: cut at the copy range, cut at the 65531 bytes that an
     * attribute holds, or omitted.
     *
     * @return whether bytes are missing
     */
    boolean truncated();

    /**
     * Whether the packet is owned: valid for as long as it is referenced.
     *
     * @return false for a borrowed one
     */
    boolean owned();

    /**
     * A packet that stays valid.
     *
     * @return an owned copy, or this packet if it is owned
     */
    NetfilterPacket copy();
}
