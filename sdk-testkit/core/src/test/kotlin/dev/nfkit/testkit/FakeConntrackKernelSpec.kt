// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.replay.MessageNames
import dev.nfkit.testkit.replay.MessageText
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.assertions.assertSoftly
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

private val little = ByteOrder.LITTLE_ENDIAN
private val text = MessageText(MessageNames())

/** Attributes that depend on time, on the machine, or on chance. */
private val OWN =
    Regex(" *(CTA_ID|CTA_USE|CTA_TIMEOUT|CTA_EXPECT_ID|CTA_EXPECT_TIMEOUT|CTA_STATS_(?!GLOBAL_ENTRIES).*) = .*")

/** The messages of a datagram as text. */
private fun messages(datagram: ByteArray): List<String> {
    val reported = mutableListOf<String>()
    val cursor = MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.size, little)
    while (cursor.next()) {
        val message = datagram.copyOfRange(cursor.offset(), cursor.end())
        reported +=
            when (cursor.type()) {
                Netlink.NLMSG_ERROR -> error(message)
                Netlink.NLMSG_DONE -> "done, flags ${cursor.flags()}"
                else -> text.structure(message, little).filterNot { it.matches(OWN) }.joinToString("\n")
            }
    }
    return reported
}

/** Errno, text and position of an answer. */
private fun error(message: ByteArray): String {
    val errno = Errno.of(ByteBuffer.wrap(message).order(little).getInt(16))
    val words = String(message, 36, message.size - 36)
    val place = if (message.size > 36) ByteBuffer.wrap(message).order(little).getInt(36 + 40 + 4) else -1
    return "$errno, ${if (words.contains("Attribute failed policy validation")) "by policy at $place" else "no words"}"
}

/** Compares the model with a kernel's recorded answers to the same requests. */
class FakeConntrackKernelSpec :
    FunSpec({
        test("the model answers 116 requests as Linux 6.18 did") {
            val name = "/traces/ctnetlink/ctnetlink-refusals.pcap"
            val trace = Trace.read(checkNotNull(FakeConntrackKernelSpec::class.java.getResourceAsStream(name)), name)
            val transport = FakeNetfilter().order(little)
            // Both processors of the recording.
            transport.conntrack().settings().statistic(1, StatisticsAttribute.FOUND, 0)
            val socket = transport.open(Netlink.NETLINK_NETFILTER)
            socket.set(SocketOption.EXT_ACK, 1)
            socket.set(SocketOption.CAP_ACK, 1)
            val batch = DatagramBatch(16, 1 shl 16)
            val entries = trace.entries()
            var compared = 0
            assertSoftly {
                entries.forEachIndexed { index, entry ->
                    if (entry.kind() != TraceKind.TO_KERNEL) return@forEachIndexed
                    val then =
                        entries
                            .drop(index + 1)
                            .takeWhile { it.kind() == TraceKind.FROM_KERNEL }
                            .flatMap { messages(it.datagram().toArray()) }
                    val request = entry.datagram().toArray()
                    socket.send(ByteBuffer.wrap(request))
                    val now = mutableListOf<String>()
                    while (socket.receive(batch, 0) > 0) {
                        for (slot in 0 until batch.count()) {
                            val bytes = ByteArray(batch.length(slot)) { batch.buffer().get(batch.offset(slot) + it) }
                            now += messages(bytes)
                        }
                    }
                    compared++
                    withClue("request $compared:\n${text.structure(request, little).joinToString("\n")}\n") {
                        now.sorted() shouldBe then.sorted()
                    }
                }
            }
            compared shouldBeGreaterThan 110
        }
    })
