// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.AddressFamily
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.Netlink
import java.time.Duration

/** The port that the packets of a scenario go to. */
internal const val PORT = 4000

/** The port that they come from. */
internal const val SOURCE_PORT = 40_000

/** What a packet passes on its way out, each at a separate position on the same hook (LOCAL_OUT). */
internal sealed interface Hop {
    /** A rule that logs and accepts. */
    data class Log(
        val group: Int,
        val prefix: String = "",
        val threshold: Int = 0,
        val size: Int? = null,
    ) : Hop

    /** A rule that queues. */
    data class Queue(
        val number: Int,
        val bypass: Boolean = false,
    ) : Hop

    /** A rule that marks. */
    data class Mark(
        val mark: Int,
    ) : Hop
}

/**
 * Where a scenario runs: on the model of the kernel, or on the kernel in a separate network namespace. The steps are
 * the same on both, and observations are logged in the same words, so that the two logs can be compared line by line.
 * Values that differ between the sides (port ids, times, IP identification, checksums) are omitted.
 *
 * Packets are UDP datagrams of this host to itself, from [SOURCE_PORT] to [PORT]. They take effect at once on both
 * sides: the kernel runs its hooks within `send`, and executes a verdict within the `send` of the verdict.
 */
internal abstract class Stage : AutoCloseable {
    /** The steps and observations, in order. */
    val log = mutableListOf<String>()

    abstract val transport: NetlinkTransport

    private val speakers = mutableListOf<Speaker>()

    /** Opens a socket, by default one that loses packets without an error and receives the kernel's error texts. */
    fun socket(
        name: String,
        quiet: Boolean = true,
        words: Boolean = true,
    ): Speaker {
        val speaker = Speaker(this, name, transport.open(Netlink.NETLINK_NETFILTER))
        speakers += speaker
        if (quiet) speaker.socket.set(SocketOption.NO_ENOBUFS, 1)
        if (words) {
            speaker.socket.set(SocketOption.EXT_ACK, 1)
            speaker.socket.set(SocketOption.CAP_ACK, 1)
        }
        return speaker
    }

    /** Makes the rules; once in a scenario. */
    abstract fun rules(vararg hops: Hop)

    /** Sends a packet with some bytes. */
    fun packet(vararg data: Byte) {
        log += "-- packet of ${data.size} bytes"
        emit(data)
    }

    fun packet(vararg data: Int) = packet(*ByteArray(data.size) { data[it].toByte() })

    /** Sends packets of a size, each with its number in the first byte. */
    fun packets(
        count: Int,
        size: Int = 4,
    ) {
        log += "-- $count packets of $size bytes"
        repeat(count) { number -> emit(ByteArray(size).also { if (size > 0) it[0] = (number + 1).toByte() }) }
    }

    protected abstract fun emit(data: ByteArray)

    /** Logs the packets that left since the last call, with their marks, and those of them that arrived. */
    fun outcome() {
        val (out, arrived) = seen()
        log += "out: ${out.ifEmpty { listOf("nothing") }.joinToString()}"
        log += "arrived: ${arrived.ifEmpty { listOf("nothing") }.joinToString()}"
    }

    /** The packets that left, with the mark, and those that arrived. */
    protected abstract fun seen(): Pair<List<String>, List<String>>

    /** Logs the rows of `/proc/net/netfilter/nfnetlink_log` and `nfnetlink_queue`. */
    fun rows() {
        val kernel = transport.kernel()
        for (row in kernel.nflogGroups().filterNot { it.group() == OBSERVER }) {
            log += "/proc group ${row.group()} of ${owner(row.portId())}: ${row.queued()} held, " +
                "mode ${row.copyMode()} range ${row.copyRange()} timeout ${row.flushTimeout()}"
        }
        for (row in kernel.nfqueues()) {
            log += "/proc queue ${row.queue()} of ${owner(row.portId())}: ${row.waiting()} waiting, " +
                "mode ${row.copyMode()} range ${row.copyRange()} dropped ${row.queueDropped()} " +
                "user dropped ${row.userDropped()} last id ${row.lastId()}"
        }
        log += "/proc read"
    }

    /** Logs the logger of the namespace for IPv4, if it is NFLOG's or none. */
    fun logger() {
        val name = transport.kernel().logger(AddressFamily.IPV4)
        log += "/proc logger of IPv4: ${if (name == "nfnetlink_log") name else "none, or the system's log"}"
    }

    private fun owner(portId: Long): String =
        speakers.filter { it.socket.portId() == portId }.joinToString("/") { it.name }.ifEmpty { "another" }

    /** Removes a base chain of nftables that no packet had traversed. */
    abstract fun removeBaseChain()

    /** Sends without CAP_NET_ADMIN what a block sends. */
    fun withoutNetAdmin(block: () -> Unit) {
        log += "-- without CAP_NET_ADMIN"
        deprived(block)
        log += "-- with CAP_NET_ADMIN again"
    }

    protected abstract fun deprived(block: () -> Unit)

    /** Lets time pass: the model's by its clock, the kernel's in real time. */
    abstract fun elapse(time: Duration)

    override fun close() = speakers.forEach { it.socket.close() }

    companion object {
        /** The group by which the kernel's stage observes packets that leave. */
        const val OBSERVER = 65_000
    }
}

/** How a packet that left or arrived is logged. */
internal fun logged(
    data: ByteArray,
    mark: Long? = null,
): String {
    val head = data.take(8).joinToString("") { "%02x".format(it) } + if (data.size > 8) ".." else ""
    return "${data.size} bytes <$head>" + if (mark == null) "" else " mark 0x${mark.toString(16)}"
}
