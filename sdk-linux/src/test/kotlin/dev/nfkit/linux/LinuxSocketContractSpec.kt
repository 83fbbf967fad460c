package dev.nfkit.linux

import dev.nfkit.socket.NetlinkSocket
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
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name

/** The real socket keeps the contract, on the kernel of this machine. */
class LinuxSocketContractSpec : NetlinkSocketContract({ LinuxHarness() })

/**
 * Makes the kernel deliver by asking it for what it must answer: an acknowledgement of 36 bytes, or an error that
 * echoes the request and so is of any size beyond.
 */
internal class LinuxHarness : SocketHarness {
    override val name = "Linux"
    override val transport: LinuxTransport = LinuxTransport.current()
    override val unavailable: String? get() = Live.noNetAdmin
    override val abilities = Ability.entries.toSet()

    private val foreign = lazy { ForeignSender() }

    init {
        // A signal without a handler interrupts nothing.
        Signal.handle(Signal("URG")) { }
    }

    override fun open(deliveries: List<Delivery>): NetlinkSocket =
        transport.open(Netlink.NETLINK_NETFILTER).also { deliver(it, deliveries) }

    override fun deliver(
        socket: NetlinkSocket,
        deliveries: List<Delivery>,
    ) {
        for (delivery in deliveries) {
            when (delivery) {
                is Delivery.Foreign -> foreign.value.send(socket.portId())
                is Delivery.Datagram -> socket.send(request(delivery))
            }
        }
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

/** Sends to other sockets, as only the kernel should. */
internal class ForeignSender : AutoCloseable {
    private val fd = Descriptor.open(Netlink.NETLINK_NETFILTER)

    /** A message of type 0x400 whose other bytes are zero. */
    fun send(portId: Long) =
        send(
            ByteBuffer
                .allocate(64)
                .order(ByteOrder.nativeOrder())
                .putInt(0, 64)
                .putShort(4, 0x400)
                .array(),
            portId,
        )

    fun send(
        datagram: ByteArray,
        portId: Long,
    ) {
        val address = NativeBlock(Abi.SOCKADDR_NL_SIZE)
        address.bytes.putShort(Abi.NL_FAMILY, Abi.AF_NETLINK.toShort())
        address.bytes.putInt(Abi.NL_PID, portId.toInt())
        val message = NativeBlock(datagram.size)
        message.bytes.put(0, datagram)
        val length = datagram.size.toLong()
        val sent = TestLibC.sendto(fd, message.address, length, 0, address.address, Abi.SOCKADDR_NL_SIZE)
        check(sent == length) { "sendto gives $sent, ${Machine.errno()}" }
        address.keep()
        message.keep()
    }

    override fun close() {
        LibC.close(fd)
    }
}
