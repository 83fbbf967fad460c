// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Bytes
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.testkit.message.Datagrams
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.trace.TraceWriter
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration

private val order = ByteOrder.LITTLE_ENDIAN
private const val CT_NEW = 0x100
private const val ASK = Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK

private fun sent(
    datagram: ByteArray,
    socket: Int = 0,
    at: Long = 5_000,
) = TraceEntry(TraceKind.TO_KERNEL, at, 12, Bytes.of(*datagram), false, null, socket)

private fun received(
    datagram: ByteArray,
    socket: Int = 0,
    at: Long = 5_000,
) = TraceEntry(TraceKind.FROM_KERNEL, at, 12, Bytes.of(*datagram), false, null, socket)

private fun message(
    type: Int,
    sequence: Long,
    flags: Int = ASK,
    resource: Int = 0,
    body: MessageWriter.() -> Unit = {},
): ByteArray =
    Datagrams.bytes(
        MessageWriter(512, order)
            .begin(type, flags, sequence)
            .nfgenmsg(0, resource)
            .apply(body)
            .end(),
    )

/** Binds, configures (2 and 5 are thresholds) or unbinds a group. */
private fun config(
    group: Int,
    sequence: Long,
    command: Int,
    threshold: Long? = null,
) = message(0x401, sequence, resource = group) {
    u8(1, command)
    threshold?.let { be32(5, it) }
}

private fun bind(
    group: Int,
    sequence: Long,
) = config(group, sequence, 1)

private fun unbind(
    group: Int,
    sequence: Long,
) = config(group, sequence, 2)

private fun ack(sequence: Long): ByteArray =
    Datagrams.bytes(
        MessageWriter(64, order)
            .begin(Netlink.NLMSG_ERROR, Netlink.NLM_F_CAPPED, sequence, 77)
            .rawHost32(0)
            .raw(*bind(1, sequence).copyOf(16))
            .end(),
    )

private fun packet(
    group: Int,
    byte: Int = 1,
) = SampleNflog.of(byteArrayOf(byte.toByte())).group(group).toDatagram(order)

private fun verdict(
    id: Long,
    sequence: Long,
) = message(0x301, sequence, Netlink.NLM_F_REQUEST) {
    bytes(2, 0, 0, 0, 1, 0, 0, 0, id.toByte())
}

private fun strict(vararg entries: TraceEntry) = Traces.replay(Trace(entries.toList(), order))

private val batch = DatagramBatch(1, 4096)

private fun ReplaySocket.put(datagram: ByteArray) = send(ByteBuffer.wrap(datagram))

/** Type and sequence number of the first message of each datagram, until nothing more arrives. */
private fun ReplaySocket.heads(): List<Pair<Int, Long>> =
    generateSequence {
        if (receive(batch, 0) <= 0) {
            null
        } else {
            val cursor = MessageCursor().wrap(batch.buffer(), batch.offset(0), batch.length(0), order)
            cursor.next()
            cursor.type() to cursor.sequence()
        }
    }.toList()

class StrictReplaySpec :
    FunSpec({
        context("what is compared") {
            test("messages, regardless of their division into datagrams") {
                for (merged in listOf(true, false)) {
                    val transport =
                        if (merged) {
                            strict(sent(verdict(1, 10)), sent(verdict(2, 11)), received(packet(1)))
                        } else {
                            strict(sent(verdict(1, 10) + verdict(2, 11)), received(packet(1)))
                        }
                    transport.use {
                        it.open(12).use { socket ->
                            if (merged) {
                                socket.put(verdict(1, 5) + verdict(2, 6))
                            } else {
                                socket.put(verdict(1, 5))
                                socket.heads() shouldBe emptyList()
                                socket.put(verdict(2, 6))
                            }
                            socket.heads() shouldContainExactly listOf(0x400 to 0L)
                        }
                    }
                }
            }

            test("attributes in any order, and each as often as recorded") {
                val recorded =
                    message(CT_NEW, 1) {
                        be32(8, 7)
                        be32(7, 60)
                        be32(8, 9)
                    }
                strict(sent(recorded)).use { transport ->
                    transport.open(12).use { socket ->
                        socket.put(
                            message(CT_NEW, 2) {
                                be32(7, 60)
                                be32(8, 7)
                                be32(8, 9)
                            },
                        )
                    }
                }
                val once = strict(sent(recorded)).open(12)
                shouldThrow<ReplayMismatchError> {
                    once.put(
                        message(CT_NEW, 2) {
                            be32(7, 60)
                            be32(8, 9)
                        },
                    )
                }.message shouldContain "    CTA_TIMEOUT = 60\n-   CTA_MARK = 7\n    CTA_MARK = 9\n"
            }

            test("nested attributes, at every depth, by their names") {
                fun tuple(port: Int) =
                    message(CT_NEW, 1) {
                        val outer = beginNest(1)
                        val inner = beginNest(2)
                        u8(1, 17)
                        be16(3, port)
                        endNest(inner)
                        endNest(outer)
                    }
                val socket = strict(sent(tuple(53))).open(12)
                val shown = shouldThrow<ReplayMismatchError> { socket.put(tuple(54)) }.message
                shown shouldContain "    CTA_TUPLE_ORIG\n      CTA_TUPLE_PROTO\n        CTA_PROTO_NUM = 17\n"
                shown shouldContain "-       CTA_PROTO_DST_PORT = 53\n+       CTA_PROTO_DST_PORT = 54\n"
                shown shouldContain "  IPCTNL_MSG_CT_NEW, flags NLM_F_REQUEST|NLM_F_ACK\n"
            }

            test("flags: a missing request for an acknowledgement is a difference") {
                val socket = strict(sent(verdict(1, 1))).open(12)
                val shown =
                    shouldThrow<ReplayMismatchError> {
                        socket.put(verdict(1, 1).also { it[6] = ASK.toByte() })
                    }.message
                shown shouldContain "- NFQNL_MSG_VERDICT, flags NLM_F_REQUEST\n"
                shown shouldContain "+ NFQNL_MSG_VERDICT, flags NLM_F_REQUEST|NLM_F_ACK\n"
                shown shouldContain "    NFQA_VERDICT_HDR = NF_ACCEPT, id 1\n"
            }

            test("long values completely, although they are shown shortened") {
                fun payload(last: Byte) = message(0x301, 1, Netlink.NLM_F_REQUEST) { bytes(10, *ByteArray(99), last) }
                val socket = strict(sent(payload(1))).open(12)
                val shown = shouldThrow<ReplayMismatchError> { socket.put(payload(2)) }.message
                shown shouldContain "… (100 bytes), at byte 99: …01"
                shown shouldContain "… (100 bytes), at byte 99: …02"
            }

            test("malformed datagrams are reported") {
                val transport = strict(sent(bind(1, 1)))
                val socket = transport.open(12)
                shouldThrow<AssertionError> { socket.put(byteArrayOf(9, 0, 0, 0)) }.message shouldContain "malformed"
                socket.close()
                shouldThrow<AssertionError> { transport.close() }.message shouldContain
                    "a malformed datagram was sent to the kernel"
            }
        }

        context("the position of what is received") {
            test("is after the request before it, also if requests are sent early") {
                strict(
                    sent(bind(1, 10)),
                    received(ack(10)),
                    received(packet(1, 1)),
                    sent(bind(2, 11)),
                    received(packet(1, 2)),
                    received(ack(11)),
                    sent(bind(3, 12)),
                    received(ack(12)),
                ).use { transport ->
                    transport.open(12).use { socket ->
                        socket.heads() shouldBe emptyList()
                        socket.put(bind(1, 1))
                        socket.put(bind(2, 2))
                        socket.heads() shouldContainExactly
                            listOf(2 to 1L, 0x400 to 0L, 0x400 to 0L, 2 to 2L)
                        socket.put(bind(3, 3))
                        socket.heads() shouldContainExactly listOf(2 to 3L)
                        socket.receive(batch, -1) shouldBe -1
                    }
                }
            }

            test("is not after a shutdown request: what the kernel delivered then arrives, and then the end") {
                strict(
                    sent(bind(1, 10)),
                    received(ack(10)),
                    sent(unbind(1, 11)),
                    received(packet(1)),
                    received(ack(11)),
                ).use { transport ->
                    transport.open(12).use { socket ->
                        socket.put(bind(1, 1))
                        socket.heads() shouldContainExactly listOf(2 to 1L, 0x400 to 0L)
                        socket.receive(batch, -1) shouldBe -1
                        socket.put(unbind(1, 2))
                        socket.heads() shouldContainExactly listOf(2 to 2L)
                        socket.receive(batch, -1) shouldBe -1
                    }
                }
            }

            test("a shutdown request that is never sent is reported") {
                val transport = strict(sent(bind(1, 10)), received(ack(10)), sent(unbind(1, 11)), received(ack(11)))
                transport.open(12).use { socket ->
                    socket.put(bind(1, 1))
                    socket.heads() shouldContainExactly listOf(2 to 1L)
                    socket.receive(batch, -1) shouldBe -1
                }
                shouldThrow<AssertionError> { transport.close() }.message shouldContain
                    "not sent: the recording, entry 3 of 4, 1970-01-01T00:00:00.000005Z\n    NFULNL_MSG_CONFIG"
            }

            test("a request that another thread sends is waited for") {
                strict(sent(bind(1, 10)), received(ack(10))).use { transport ->
                    transport.open(12).use { socket ->
                        val sender = Thread { socket.put(bind(1, 1)) }
                        sender.start()
                        socket.receive(batch, -1) shouldBe 1
                        sender.join()
                    }
                }
            }
        }

        context("what is left") {
            test("is reported with its first few messages, decoded") {
                val entries = (1..5).map { received(packet(1, it)) }
                val transport = strict(*entries.toTypedArray())
                transport.open(12).use { it.receive(batch, 0) shouldBe 1 }
                val text = shouldThrow<AssertionError> { transport.verify() }.message
                text shouldContain "not received: the recording, entry 2 of 5"
                text shouldContain "NFULA_PAYLOAD = 02 (1 bytes)"
                text shouldContain "NFULA_PAYLOAD = 04 (1 bytes)"
                text shouldNotContain "NFULA_PAYLOAD = 05 (1 bytes)"
                text shouldContain "and 1 entries more"
            }

            test("is reported if no socket was opened, or one stays open, and close closes it") {
                shouldThrow<AssertionError> { strict().close() }.message shouldContain "no socket was opened"
                val transport = strict()
                val socket = transport.open(12)
                shouldThrow<AssertionError> { transport.close() }.message shouldContain "socket 4711 is open"
                socket.receive(batch, -1) shouldBe -1
                transport.close()
                shouldThrow<IllegalStateException> { transport.open(12) }.message shouldContain "is closed"
            }
        }

        context("a recording of several sockets") {
            val entries =
                arrayOf(
                    sent(bind(1, 10), 0),
                    sent(bind(2, 10), 1),
                    received(ack(10), 1),
                    received(packet(2, 2), 1),
                    received(ack(10), 0),
                    received(packet(1, 1), 0),
                    received(packet(3, 3), 2),
                )

            fun ReplaySocket.payload(): Int {
                receive(batch, 0) shouldBe 1
                return batch.buffer().get(batch.offset(0) + batch.length(0) - 4).toInt()
            }

            test("assigns each socket its own part, in whatever order they begin") {
                strict(*entries).use { transport ->
                    val first = transport.open(12)
                    val second = transport.open(12)
                    val third = transport.open(12)
                    third.payload() shouldBe 3
                    first.put(bind(2, 5))
                    second.put(bind(1, 6))
                    first.heads().map { it.first } shouldContainExactly listOf(2, 0x400)
                    second.receive(batch, 0) shouldBe 1
                    second.payload() shouldBe 1
                    listOf(first, second, third).forEach { it.close() }
                }
            }

            test("assigns a socket with another first request the one of its group, so that the error shows both") {
                val transport = strict(*entries)
                val socket = transport.open(12)
                shouldThrow<ReplayMismatchError> { socket.put(config(2, 1, 1, 64)) }.message shouldContain
                    "entry 2 of 7"
                transport.open(12)
                transport.open(12).receive(batch, 0)
            }

            test("names those that were not opened, and refuses one too many") {
                val transport = strict(sent(bind(1, 10), 0), sent(bind(2, 10), 1))
                transport.open(12).use { it.put(bind(2, 1)) }
                shouldThrow<AssertionError> { transport.verify() }.message shouldContain
                    "recorded socket 0, 1 requests and 0 received, was not opened"
                transport.open(12).use { it.put(bind(1, 1)) }
                transport.open(12).use { socket ->
                    shouldThrow<AssertionError> { socket.put(bind(1, 1)) }.message shouldContain
                        "has 2 sockets of protocol 12, and all are in use: there is none for socket 4713"
                }
                shouldThrow<AssertionError> { transport.close() }
            }

            test("of two protocols on one interface, requires only those that are used") {
                val other = TraceEntry(TraceKind.FROM_KERNEL, 1, 0, Bytes.of(*packet(1)), false, null)
                strict(other, received(packet(1))).use { transport ->
                    transport.open(12).use { it.heads() shouldContainExactly listOf(0x400 to 0L) }
                }
            }
        }

        context("the pace") {
            val entries =
                arrayOf(
                    sent(bind(1, 10), at = 1_000_000),
                    received(ack(10), at = 2_000_000),
                    received(packet(1), at = 5_000_000_000),
                )

            test("as recorded, by an automatic clock") {
                strict(*entries).pace(ReplayPace.RECORDED).use { transport ->
                    transport.open(12).use { socket ->
                        transport.clock().advance(Duration.ofHours(1))
                        val start = transport.clock().nanoTime()
                        socket.put(bind(1, 1))
                        socket.receive(batch, -1) shouldBe 1
                        transport.clock().nanoTime() - start shouldBe 1_000_000
                        socket.receive(batch, 1_000_000_000) shouldBe 0
                        socket.receive(batch, -1) shouldBe 1
                        transport.clock().nanoTime() - start shouldBe 4_999_000_000
                    }
                }
            }

            test("as recorded, by a manual clock") {
                val clock = TestClock.manual()
                strict(*entries).clock(clock).pace(ReplayPace.RECORDED).use { transport ->
                    transport.open(12).use { socket ->
                        socket.put(bind(1, 1))
                        socket.heads() shouldBe emptyList()
                        clock.advance(Duration.ofMillis(1))
                        socket.heads() shouldContainExactly listOf(2 to 1L)
                        clock.advance(Duration.ofSeconds(4))
                        socket.heads() shouldBe emptyList()
                        clock.advance(Duration.ofSeconds(1))
                        socket.heads() shouldContainExactly listOf(0x400 to 0L)
                    }
                }
            }

            test("in steps: answers at once, unsolicited messages with a step") {
                val steps = arrayOf(*entries, received(packet(1)), received(packet(1)))
                strict(*steps).pace(ReplayPace.STEPPED).use { transport ->
                    transport.open(12).use { socket ->
                        socket.put(bind(1, 1))
                        socket.heads() shouldContainExactly listOf(2 to 1L)
                        transport.step()
                        socket.heads() shouldContainExactly listOf(0x400 to 0L)
                        transport.step(2)
                        socket.heads() shouldContainExactly listOf(0x400 to 0L, 0x400 to 0L)
                        socket.receive(batch, -1) shouldBe -1
                    }
                }
            }

            test("in steps, a step of another thread is waited for") {
                strict(received(packet(1))).pace(ReplayPace.STEPPED).use { transport ->
                    transport.open(12).use { socket ->
                        val stepper = Thread { transport.step() }
                        stepper.start()
                        socket.receive(batch, -1) shouldBe 1
                        stepper.join()
                    }
                }
            }

            test("in steps that are never taken, fails with the reason, in bounded time") {
                for (timeout in listOf(-1L, 1_000_000L)) {
                    val transport = strict(received(packet(1))).pace(ReplayPace.STEPPED)
                    transport.clock().patience(Duration.ofMillis(120))
                    val socket = transport.open(12)
                    shouldThrow<AssertionError> {
                        while (socket.receive(batch, timeout) == 0) {
                            // again, as a session's run does
                        }
                    }.message shouldContain "has waited 120 ms for step()"
                    socket.close()
                    shouldThrow<AssertionError> { transport.close() }.message shouldContain "for step()"
                }
            }

            test("is set before a socket is opened") {
                val transport = strict(*entries)
                shouldThrow<IllegalStateException> { transport.step() }.message shouldContain "IMMEDIATE"
                shouldThrow<IllegalArgumentException> { transport.step(0) }
                transport.open(12)
                shouldThrow<IllegalStateException> { transport.pace(ReplayPace.STEPPED) }
                shouldThrow<IllegalStateException> { transport.clock(TestClock.manual()) }
                shouldThrow<IllegalStateException> { transport.strictViews(false) }
            }
        }

        test("a file is replayed while it is read, with its name in messages") {
            val file = tempfile("replay", ".pcapng")
            TraceWriter(file.outputStream(), order, "test").use { writer ->
                writer.write(sent(bind(1, 10)))
                writer.write(received(ack(10)))
                repeat(3) { writer.write(received(packet(1, it))) }
            }
            val transport = Traces.replay(file.toPath())
            transport.open(12).use { socket ->
                socket.put(bind(1, 1))
                socket.receive(batch, 0) shouldBe 1
                socket.receive(batch, 0) shouldBe 1
            }
            val text = shouldThrow<AssertionError> { transport.close() }.message
            text shouldContain "${file.name}, entry 4 of 5"
            text shouldContain "NFULA_PAYLOAD = 01 (1 bytes)"
        }
    })
