// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs

/** A socket that notes its options, and the transport that opens it. */
private class SetupRig : NetlinkTransport {
    val rig = LoopRig()
    val options = mutableListOf<String>()
    val socket =
        object : NetlinkSocket by rig.socket {
            override fun set(
                option: SocketOption,
                value: Int,
            ) {
                options += "$option $value"
            }

            override fun get(option: SocketOption): Int = if (option == SocketOption.RECEIVE_BUFFER) 8192 else 0
        }

    override fun open(protocol: Int): NetlinkSocket = socket.also { protocol shouldBe 12 }

    override fun kernel(): KernelView = error("no test asks")

    override fun nanoTime(): Long = 0
}

class SocketSetupSpec :
    FunSpec({
        test("a buffer has 4096 bytes to 1 GiB less 1, and the error names its option") {
            for (size in listOf(4096, 4097, (1 shl 30) - 1)) SocketSetup.bufferSize("receiveBuffer", size) shouldBe size
            for (size in listOf(4095, 1 shl 30, -1)) {
                shouldThrow<IllegalArgumentException> { SocketSetup.bufferSize("receiveBuffer", size) }
                    .message shouldContain "receiveBuffer $size is out of 4096 to 1073741823"
            }
        }

        test("an open socket is its owner's") {
            val rig = SetupRig()
            SocketSetup.open(rig) { it } shouldBeSameInstanceAs rig.socket
            rig.rig.calls.shouldBeEmpty()
        }

        test("a socket whose owner could not be made is closed, whatever was thrown") {
            for (thrown in listOf(SystemCallException("bind", Errno.ENOMEM, null), AssertionError("by the test"))) {
                val rig = SetupRig()
                rig.rig.onClose = { error("close") }
                val failed = shouldThrow<Throwable> { SocketSetup.open<Unit>(rig) { throw thrown } }
                failed shouldBeSameInstanceAs thrown
                failed.suppressed.map { it.message } shouldContainExactly listOf("close")
                rig.rig.calls shouldContainExactly listOf("close")
            }
        }

        test("refusals are explained, and do not repeat the request") {
            val rig = SetupRig()
            SocketSetup.explainRefusals(rig.socket)
            rig.options shouldContainExactly listOf("EXT_ACK 1", "CAP_ACK 1")
        }

        test("the receive buffer is what the socket reports after it was set") {
            val rig = SetupRig()
            SocketSetup.receiveBuffer(rig.socket, 5000) shouldBe 8192
            rig.options shouldContainExactly listOf("RECEIVE_BUFFER 5000")
        }
    })
