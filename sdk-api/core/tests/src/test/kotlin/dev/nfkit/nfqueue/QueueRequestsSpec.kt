// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.netfilter.CopyMode
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private fun MessageWriter.hex(): String {
    val datagram = datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }.joinToString("") { "%02x".format(it) }
}

private const val BIND = "0800 0100 01000000"

// The length, all flags that there are, and those that are set.
private const val LENGTH = "0800 0300 00000b0a"
private const val ALL = "0800 0400 0000001f"

private fun head(length: Int) = "%02x000000 0203 0500 07000000 00000000 0000 1234".format(length)

private fun String.packed() = replace(" ", "")

class QueueRequestsSpec :
    FunSpec({
        val requests = QueueRequests(ByteOrder.LITTLE_ENDIAN)
        val queue =
            NfqueueQueue
                .builder(0x1234)
                .copyRange(0xff00)
                .maximumLength(0x0b0a)
                .failOpen(true)
                .gso(true)
                .build()

        test("a queue is bound and configured by one message, command first") {
            requests.bind(7, queue).hex() shouldBe
                (head(64) + BIND + "0900 0200 0000ff00 02 000000" + LENGTH + ALL + "0800 0500 00000005").packed()
        }

        test("a queue that is bound is configured without a command") {
            requests.bind(6, queue)
            requests.change(7, queue).hex() shouldBe
                (head(56) + "0900 0200 0000ff00 02 000000" + LENGTH + ALL + "0800 0500 00000005").packed()
            val metadata =
                NfqueueQueue
                    .builder(0x1234)
                    .copyMode(CopyMode.META)
                    .maximumLength(0x0b0a)
                    .build()
            requests.change(7, metadata).hex() shouldBe
                (head(56) + "0900 0200 0000fffb 01 000000" + LENGTH + ALL + "0800 0500 00000000").packed()
        }

        test("a queue is shut by a length of 0, and lets packets pass only if it is asked to") {
            requests.shut(7, 0x1234, true).hex() shouldBe
                (head(44) + "0800 0300 00000000 0800 0400 00000001 0800 0500 00000001").packed()
            requests.shut(7, 0x1234, false).hex() shouldBe
                (head(44) + "0800 0300 00000000 0800 0400 00000001 0800 0500 00000000").packed()
        }
    })
