package dev.nfkit.testkit.contract

import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport

/** What a harness can bring about; a test that needs more is visibly skipped. */
enum class Ability {
    /** [SocketHarness.deliver] works on an open socket; without it, only what [SocketHarness.open] is given comes. */
    DELIVER_ANY_TIME,

    /** An idle socket blocks; without it, its stream ends instead. */
    BLOCK,

    /** Foreign datagrams. */
    FOREIGN,

    /** The receive buffer has a size, and loses what does not fit. */
    OVERRUN,

    /** [SocketHarness.signal] interrupts a system call. */
    SIGNAL,

    /** [SocketHarness.openDescriptors] counts something real. */
    DESCRIPTORS,

    /** Options are kept: set and get. */
    OPTIONS,
}

/** What the kernel side delivers to a socket. */
sealed interface Delivery {
    /**
     * A datagram from the kernel: one message whose nlmsg_len is [size] and whose nlmsg_seq is [sequence], in the
     * socket's byte order. Sizes are multiples of four, from 36 (on Linux it may be the error that a request gets).
     */
    data class Datagram(
        val sequence: Long,
        val size: Int,
    ) : Delivery

    /**
     * A datagram from a sender that is not the kernel: a message of family 0 and sequence number 0, so that filters see
     * it as an event.
     */
    data object Foreign : Delivery
}

/** Hangs an implementation of the seam into [NetlinkSocketContract]. */
interface SocketHarness : AutoCloseable {
    /** A name for the report. */
    val name: String

    /** The transport under test. Its clock runs as real time does. */
    val transport: NetlinkTransport

    /** Why nothing can be tested here, for instance for want of a privilege; null where it can. Asked first. */
    val unavailable: String? get() = null

    /** What the harness can bring about. */
    val abilities: Set<Ability>

    /** Opens a socket to which [deliveries] were made, in order, before anybody receives. */
    fun open(deliveries: List<Delivery> = emptyList()): NetlinkSocket

    /** Makes the kernel side deliver, in order; returns when all of it lies in the receive buffer or is lost. */
    fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    )

    /** Sends a signal to a thread that is receiving on the socket, such that a system call of it returns EINTR. */
    fun signal(
        socket: NetlinkSocket,
        receiver: Thread,
    )

    /** How many descriptors are open that sockets could have leaked. */
    fun openDescriptors(): Int

    /** Frees what the harness itself holds. */
    override fun close()
}
