// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport

/** What a harness can do. A test that needs more is visibly skipped. */
enum class Ability {
    /** [SocketHarness.deliver] works on an open socket; without it, only what [SocketHarness.open] is given arrives. */
    DELIVER_ANY_TIME,

    /** An idle socket blocks; without it, its stream ends instead. */
    BLOCK,

    /** Foreign datagrams can be sent. */
    FOREIGN,

    /** The receive buffer has a size, and datagrams that do not fit are lost. */
    OVERRUN,

    /** [SocketHarness.signal] interrupts a system call. */
    SIGNAL,

    /** [SocketHarness.openDescriptors] counts real descriptors. */
    DESCRIPTORS,

    /** Options are stored: set and get. */
    OPTIONS,
}

/** What the kernel's side delivers to a socket. */
sealed interface Delivery {
    /**
     * A datagram from the kernel: one message whose nlmsg_len is [size] and whose nlmsg_seq is [sequence], in the
     * socket's byte order. Sizes are multiples of four, from 36 (on Linux it may be the error in reply to a request).
     */
    data class Datagram(
        val sequence: Long,
        val size: Int,
    ) : Delivery

    /**
     * A datagram from a foreign sender: a message of family 0 and sequence number 0, so that filters treat it as an
     * event.
     */
    data object Foreign : Delivery
}

/** Connects an implementation of the socket interface to [NetlinkSocketContract]. */
interface SocketHarness : AutoCloseable {
    /** The name for the report. */
    val name: String

    /** The transport under test. Its clock runs in real time. */
    val transport: NetlinkTransport

    /** Why nothing can be tested here, for example a missing privilege; null if it can. Called first. */
    val unavailable: String? get() = null

    /** What the harness can bring about. */
    val abilities: Set<Ability>

    /** Opens a socket to which [deliveries] were made, in order, before the first receive. */
    fun open(deliveries: List<Delivery> = emptyList()): NetlinkSocket

    /** Makes the kernel's side deliver, in order. Returns when everything is in the receive buffer or lost. */
    fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    )

    /** Sends a signal to a thread that is receiving on the socket, so that one of its system calls returns EINTR. */
    fun signal(
        socket: NetlinkSocket,
        receiver: Thread,
    )

    /** The number of open descriptors that sockets could have leaked. */
    fun openDescriptors(): Int

    /** Frees the resources of the harness. */
    override fun close()
}
