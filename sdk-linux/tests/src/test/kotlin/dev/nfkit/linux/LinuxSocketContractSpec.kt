// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.contract.Ability
import dev.nfkit.testkit.contract.Delivery
import dev.nfkit.testkit.contract.NetlinkSocketContract
import dev.nfkit.testkit.contract.SocketHarness
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import sun.misc.Signal
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path
import java.util.WeakHashMap
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name

/** The real socket satisfies the contract, on the kernel of this machine. */
class LinuxSocketContractSpec : NetlinkSocketContract({ LinuxHarness() })

/** So does a socket without notification of overruns, whose long waits sleep in the receive. */
class SleepingSocketContractSpec : NetlinkSocketContract({ LinuxHarness(overruns = false) })

/**
 * Makes the kernel deliver by requesting an answer: an acknowledgement of 36 bytes, or an error that quotes the request
 * and so has any larger size.
 */
internal class LinuxHarness(
    private val overruns: Boolean = true,
) : SocketHarness {
    override val name = if (overruns) "Linux" else "Linux, without overruns"
    override val transport: LinuxTransport = LinuxTransport.current()
    override val unavailable: String? get() = Live.noNetAdmin
    override val abilities = Ability.entries.toSet() - if (overruns) emptySet() else setOf(Ability.OVERRUN)

    private val foreign = lazy { ForeignSender() }
    private val members = WeakHashMap<NetlinkSocket, Unit>()

    init {
        // A signal without a handler interrupts no call.
        Signal.handle(Signal("URG")) { }
    }

    override fun open(deliveries: List<Delivery>): NetlinkSocket =
        transport.open(Netlink.NETLINK_NETFILTER).also {
            if (!overruns) it.set(SocketOption.NO_ENOBUFS, 1)
            deliver(it, deliveries)
        }

    override fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    ) {
        for (delivery in deliveries) {
            when (delivery) {
                is Delivery.Foreign -> multicast(socket)
                is Delivery.Datagram -> socket.send(request(delivery))
            }
        }
    }

    /** The kernel delivers what other processes send to a group, and only that. */
    private fun multicast(socket: NetlinkSocket) {
        members.computeIfAbsent(socket) { socket.set(SocketOption.ADD_MEMBERSHIP, NFNLGRP_ACCT_QUOTA) }
        foreign.value.multicast(NFNLGRP_ACCT_QUOTA)
    }

    private fun request(delivery: Delivery.Datagram) =
        MessageWriter(delivery.size, ByteOrder.nativeOrder())
            .apply {
                if (delivery.size == ACKNOWLEDGEMENT) {
                    begin(Netlink.NLMSG_NOOP, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, delivery.sequence)
                } else {
                    begin(NO_SUCH_MESSAGE, Netlink.NLM_F_REQUEST, delivery.sequence)
                    raw(*ByteArray(delivery.size - ACKNOWLEDGEMENT))
                }
            }.end()
            .datagram()

    override fun signal(
        socket: NetlinkSocket,
        receiver: Thread,
    ) {
        val name = receiver.name.take(COMM_LENGTH)
        for (task in Path.of("/proc/self/task").listDirectoryEntries()) {
            try {
                if (Files.readString(task.resolve("comm")).trimEnd('\n') == name) {
                    TestLibC.tgkill(ProcessHandle.current().pid().toInt(), task.name.toInt(), SIGURG)
                }
            } catch (_: IOException) {
                // The thread has ended.
            }
        }
    }

    override fun openDescriptors(): Int = dev.nfkit.linux.openDescriptors()

    override fun close() {
        if (foreign.isInitialized()) foreign.value.close()
    }

    private companion object {
        const val ACKNOWLEDGEMENT = 36
        const val NO_SUCH_MESSAGE = 0x4ff
        const val COMM_LENGTH = 15
        const val SIGURG = 23
    }
}
