// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Bytes
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.message.Datagrams
import dev.nfkit.trace.Trace
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import dev.nfkit.wire.AttributeSchema
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.nio.file.Path

private val little = ByteOrder.LITTLE_ENDIAN
private const val NFLOG = 0x400
private const val NFLOG_CONFIG = 0x401

private fun entry(
    kind: TraceKind,
    datagram: ByteArray = ByteArray(0),
    at: Long = 5_000,
) = TraceEntry(kind, at, Netlink.NETLINK_NETFILTER, Bytes.of(*datagram), false, null)

private fun config(
    sequence: Long,
    threshold: Long,
): ByteArray =
    Datagrams.bytes(
        MessageWriter(128, little)
            .begin(NFLOG_CONFIG, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, sequence)
            .nfgenmsg(0, 5)
            .u8(1, 1)
            .be32(5, threshold)
            .end(),
    )

private fun unbind(sequence: Long): ByteArray =
    Datagrams.bytes(
        MessageWriter(128, little)
            .begin(NFLOG_CONFIG, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, sequence)
            .nfgenmsg(0, 5)
            .u8(1, 2)
            .end(),
    )

private fun acknowledgement(
    sequence: Long,
    port: Long,
): ByteArray =
    Datagrams.bytes(
        MessageWriter(64, little)
            .begin(Netlink.NLMSG_ERROR, Netlink.NLM_F_CAPPED, sequence, port)
            .rawHost32(0)
            .raw(*config(sequence, 1).copyOf(16))
            .end(),
    )

private val recorded =
    Trace(
        listOf(
            entry(TraceKind.TO_KERNEL, config(1000, 64)),
            entry(TraceKind.FROM_KERNEL, acknowledgement(1000, 77)),
            entry(TraceKind.FROM_KERNEL, SampleNflog.of(byteArrayOf(1, 2)).group(5).toDatagram(little), 6_000),
            entry(TraceKind.OVERRUN, at = 7_000),
            entry(TraceKind.FROM_KERNEL, SampleNflog.of(byteArrayOf(3)).group(5).toDatagram(little), 8_000),
        ),
        little,
    )

private val batch = DatagramBatch(1, 4096)
private val wide = DatagramBatch(4, 4096)

private fun ReplaySocket.next(): MessageCursor {
    receive(batch, -1) shouldBe 1
    return MessageCursor().wrap(batch.buffer(), batch.offset(0), batch.length(0), order()).also { it.next() }
}

private fun ReplaySocket.put(datagram: ByteArray) = send(java.nio.ByteBuffer.wrap(datagram))

class ReplayTransportSpec :
    FunSpec({
        context("a strict replay") {
            test("delivers everything in its place, with the live sequence number, port id and the recorded time") {
                val transport = ReplayTransport.strict(recorded)
                val socket = transport.open(12)
                socket.put(config(3, 64))
                val answer = socket.next()
                answer.sequence() shouldBe 3
                answer.portId() shouldBe socket.portId()
                answer
                    .buffer()
                    .duplicate()
                    .order(little)
                    .getInt(answer.offset() + 28) shouldBe 3
                batch.receivedAt() shouldBe 5_000
                socket.next().type() shouldBe NFLOG
                batch.receivedAt() shouldBe 6_000
                socket.next().type() shouldBe NFLOG
                batch.overrun() shouldBe true
                socket.drops() shouldBe 1
                socket.receive(batch, -1) shouldBe -1
                socket.close()
                transport.verify()
            }

            test("shows both messages, attribute by attribute, if the sent one differs") {
                val transport = ReplayTransport.strict(recorded)
                val socket = transport.open(12)
                val mismatch = shouldThrow<ReplayMismatchError> { socket.put(config(3, 65)) }
                mismatch.message shouldBe
                    """
                    what was sent differs from the recording here:
                    --- recorded: the recording, entry 1 of 5, 1970-01-01T00:00:00.000005Z
                    +++ sent: by socket 4711
                      NFULNL_MSG_CONFIG, flags NLM_F_REQUEST|NLM_F_ACK
                        nfgenmsg: family 0, version 0, res_id 5
                        NFULA_CFG_CMD = 1
                    -   NFULA_CFG_QTHRESH = 64
                    +   NFULA_CFG_QTHRESH = 65

                    """.trimIndent()
                socket.receive(batch, -1) shouldBe -1
                socket.close()
                val reported = shouldThrow<AssertionError> { transport.close() }
                reported.message shouldContain "+   NFULA_CFG_QTHRESH = 65"
                reported.cause shouldBe mismatch
            }

            test("uses the names of a schema that the test sets") {
                val schema = AttributeSchema("MINE", NflogAttribute.entries)
                val socket = ReplayTransport.strict(recorded).schema(NFLOG_CONFIG, schema).open(12)
                shouldThrow<ReplayMismatchError> { socket.put(config(3, 65)) }.message shouldContain
                    "+   NFULA_IFINDEX_OUTDEV = 65"
            }

            test("ends if a recorded request is never sent, and verify names what is left") {
                val transport = ReplayTransport.strict(recorded)
                val socket = transport.open(12)
                socket.receive(batch, 1_000_000_000) shouldBe 0
                socket.receive(batch, -1) shouldBe -1
                socket.receive(batch, 0) shouldBe -1
                socket.close()
                shouldThrow<AssertionError> { transport.verify() }.message shouldContain
                    "not sent: the recording, entry 1 of 5"
            }

            test("acknowledges shutdown requests after its end") {
                val socket = ReplayTransport.strict(Trace(emptyList(), little)).open(12)
                socket.receive(batch, -1) shouldBe -1
                socket.put(unbind(9))
                socket.next().sequence() shouldBe 9
                socket.receive(batch, -1) shouldBe -1
                shouldThrow<ReplayMismatchError> { socket.put(config(10, 1)) }.message shouldContain
                    "the recording sends nothing more here, but socket 4711 sent\n    NFULNL_MSG_CONFIG"
            }
        }

        context("a lenient replay") {
            test("acknowledges requests, delivers the packets after them, and then ends") {
                val socket = ReplayTransport.lenient(recorded).open(12)
                socket.put(config(8, 1))
                socket.put(config(9, 2))
                socket.receive(wide, -1) shouldBe 2
                socket.next().type() shouldBe NFLOG
                socket.set(SocketOption.NO_ENOBUFS, 1)
                socket.next().type() shouldBe NFLOG
                batch.overrun() shouldBe false
                socket.receive(batch, -1) shouldBe -1
                socket.put(config(10, 2))
                socket.next().sequence() shouldBe 10
                socket.receive(batch, -1) shouldBe -1
            }

            test("omits the recorded answers, including dumps, and keeps unsolicited messages") {
                fun message(sequence: Long) =
                    Datagrams.bytes(
                        MessageWriter(64, little).begin(0x100, Netlink.NLM_F_MULTI, sequence, 77).nfgenmsg(2, 0).end(),
                    )
                val trace =
                    Trace(
                        listOf(
                            entry(TraceKind.TO_KERNEL, config(1000, 64)),
                            entry(TraceKind.FROM_KERNEL, message(1000)),
                            entry(TraceKind.FROM_KERNEL, message(0)),
                            entry(TraceKind.FROM_KERNEL, message(999), 6_000),
                        ),
                        little,
                    )
                val socket = ReplayTransport.lenient(trace).open(12)
                socket.set(SocketOption.ADD_MEMBERSHIP, 2)
                socket.next().sequence() shouldBe 0
                socket.next().sequence() shouldBe 999
                socket.receive(batch, -1) shouldBe -1
            }

            test("omits messages of other netlink protocols") {
                val socket = ReplayTransport.lenient(recorded).open(0)
                socket.receive(batch, -1) shouldBe -1
            }
        }

        test("a session reads a recorded trace to its end") {
            val trace = Trace.read(Path.of("src/test/resources/traces/nflog/nflog-prefix-mark-uid.pcap"))
            val options = NflogOptions.builder().group(2).build()
            val seen = mutableListOf<Pair<String, Long>>()
            NflogSession.open(ReplayTransport.lenient(trace), options).use { session ->
                session.run<RuntimeException> { seen += it.prefix() to it.mark() }
            }
            seen shouldContainExactly List(2) { "prefix with spaces=é " to 0x1234abcdL }
        }

        test("a strict replay of conntrack -L answers the same request, with the live sequence number and port") {
            val trace = Trace.read(Path.of("src/test/resources/traces/ctnetlink/ctnetlink-dump.pcap"))
            val transport = ReplayTransport.strict(trace)
            val socket = transport.open(12)
            val asked =
                trace
                    .entries()
                    .first()
                    .datagram()
                    .toArray()
            java.nio.ByteBuffer
                .wrap(asked)
                .order(little)
                .putInt(8, 4242)
            socket.put(asked)
            val types = mutableListOf<Int>()
            while (socket.receive(batch, 0) > 0) {
                for (index in 0 until batch.count()) {
                    val message = MessageCursor().wrap(batch.buffer(), batch.offset(index), batch.length(index), little)
                    while (message.next()) {
                        types += message.type()
                        message.sequence() shouldBe 4242
                        message.portId() shouldBe socket.portId()
                    }
                }
            }
            types shouldContainExactly List(11) { 0x100 } + Netlink.NLMSG_DONE
            socket.close()
            transport.verify()
        }

        test("a strict replay refuses a request that differs from conntrack -L, and shows both") {
            val trace = Trace.read(Path.of("src/test/resources/traces/ctnetlink/ctnetlink-dump.pcap"))
            val socket = ReplayTransport.strict(trace).open(12)
            val asked =
                trace
                    .entries()
                    .first()
                    .datagram()
                    .toArray()
            asked[16] = 10
            shouldThrow<ReplayMismatchError> { socket.put(asked) }.message shouldContain "family 10"
        }

        test("a stop in a callback ends the session at once, and the rest of the recording is left") {
            val transport = ReplayTransport.lenient(recorded)
            val options = NflogOptions.builder().group(5).build()
            var packets = 0
            val session = NflogSession.open(transport, options)
            session.run<RuntimeException> {
                packets++
                session.stop()
            } shouldBe 1
            packets shouldBe 1
            shouldThrow<AssertionError> { transport.verify() }.message shouldContain "left something of the recording"
        }
    })
