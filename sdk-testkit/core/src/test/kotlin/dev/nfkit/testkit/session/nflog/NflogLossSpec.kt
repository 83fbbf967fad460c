// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nflog

import dev.nfkit.MalformedMessageException
import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SocketEffect
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

class NflogLossSpec :
    FunSpec({
        test("gaps in the sequence numbers are packets lost, across the wrap") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                for (number in listOf(0L, 1L, 4L, 4294967295L, 2L)) {
                    val datagram = sample("p").group(30).sequence(number).toDatagram()
                    transport.socket().deliver(*datagram)
                }
                session.prefixes().size shouldBe 5
                // 2 and 3 are missing; a step back to the end of the range is not a gap; then 0 and 1
                session.statistics().sequenceGaps() shouldBe 4
            }
        }

        test("packets of several groups keep their own counts in one view, whatever arrives between them") {
            val transport = FakeNetfilter().strictBatches(false)
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .group(31)
                    .onMalformed(MalformedHandler { throw it })
                    .build()
            NflogSession.open(transport, options).use { session ->
                val seen = mutableListOf<String>()

                fun poll() {
                    session.poll<java.io.IOException>({
                        seen += "${it.group()} ${it.prefix()} ${it.sequence()}"
                        if (it.sequence() == 7L) throw java.io.IOException("full")
                    }, Duration.ZERO)
                }

                fun packet(
                    group: Int,
                    number: Long,
                    text: String = "p",
                ) = sample(text).group(group).sequence(number).toDatagram()
                val bad =
                    SampleNflog
                        .of(byteArrayOf(1))
                        .group(31)
                        .attribute(2, 9)
                        .toDatagram()
                val badTag =
                    SampleNflog
                        .of(
                            ByteArray(20),
                        ).prefix("p")
                        .group(31)
                        .attribute(20, 5, 0, 2, 0, 1)
                        .toDatagram()
                val packets =
                    packet(
                        30,
                        0,
                    ) + packet(30, 1) + packet(31, 0) + packet(31, 1) + packet(30, 2) + bad + packet(30, 3) +
                        badTag + packet(30, 4) + packet(30, 7) + packet(30, 8, "q") + packet(31, 2) + packet(31, 5) +
                        packet(32, 9) + packet(31, 6) + packet(30, 9)
                transport.socket().deliver(*packets)
                shouldThrow<MalformedMessageException> { poll() }
                shouldThrow<MalformedMessageException> { poll() }
                shouldThrow<java.io.IOException> { poll() }
                poll()
                seen shouldContainExactly
                    listOf(
                        "30 p 0",
                        "30 p 1",
                        "31 p 0",
                        "31 p 1",
                        "30 p 2",
                        "30 p 3",
                        "30 p 4",
                        "30 p 7",
                        "30 q 8",
                        "31 p 2",
                        "31 p 5",
                        "32 p 9",
                        "31 p 6",
                        "30 p 9",
                    )
                session.statistics().sequenceGaps() shouldBe 4 // 5 and 6 of group 30, 3 and 4 of group 31
                session.statistics().malformed() shouldBe 2
            }
        }

        test("a packet is counted for its group, also if views became strict and then reused again before it") {
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .group(31)
                    .build()
            NflogSession.open(transport, options).use { session ->
                for ((group, number, strict) in listOf(
                    Triple(30, 0L, false),
                    Triple(31, 0L, true),
                    Triple(30, 1L, false),
                    Triple(30, 2L, false),
                    Triple(31, 1L, false),
                    Triple(30, 3L, false),
                )) {
                    transport.strictBatches(strict)
                    transport.socket().deliver(*sample("p").group(group).sequence(number).toDatagram())
                    session.prefixes() shouldContainExactly listOf("p")
                }
                session.statistics().sequenceGaps() shouldBe 0
            }
        }

        test("losses at the socket, truncated datagrams and foreign senders are counted separately") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                transport.socket().effect(SocketEffect.Foreign(dev.nfkit.Bytes.of(1, 2, 3)))
                transport.socket().effect(SocketEffect.Truncated(dev.nfkit.Bytes.of(*sample("cut").toDatagram())))
                transport.socket().effect(SocketEffect.Overrun(7))
                transport.socket().deliver(*sample("whole").group(30).sequence(0).toDatagram())
                session.prefixes() shouldContainExactly listOf("whole")
                val statistics = session.statistics()
                statistics.foreign() shouldBe 1
                statistics.truncatedDatagrams() shouldBe 1
                statistics.socketDrops() shouldBe 7
                statistics.delivered() shouldBe 1
            }
        }

        test("a malformed message is counted, passed to its handler, and nothing after it is lost") {
            val received = mutableListOf<String>()
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .onMalformed { received += it.path() }
                    .build()
            NflogSession.open(transport, options).use { session ->
                val bad =
                    SampleNflog
                        .of(byteArrayOf(1))
                        .group(30)
                        .attribute(2, 9)
                        .toDatagram() // a mark of one byte
                val good = sample("good").group(30).toDatagram()
                transport.socket().deliver(*bad, *good)
                transport.socket().deliver(*good, 9, 0, 0, 0) // a truncated header after a good message
                session.poll<RuntimeException>({ it.prefix() shouldBe "good" }, Duration.ZERO) shouldBe 2
                session.prefixes() shouldContainExactly listOf()
                received shouldContainExactly listOf("NFULNL_MSG_PACKET/NFULA_MARK", "nlmsghdr")
                session.statistics().malformed() shouldBe 2
            }
        }

        test("a handler that throws makes the poll fail, and the next one continues after it") {
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .onMalformed(MalformedHandler { throw it })
                    .build()
            NflogSession.open(transport, options).use { session ->
                val bad =
                    SampleNflog
                        .of(byteArrayOf(1))
                        .group(30)
                        .attribute(2, 9)
                        .toDatagram()
                transport.socket().deliver(*bad, *sample("good").group(30).toDatagram())
                shouldThrow<MalformedMessageException> { session.prefixes() }
                session.prefixes() shouldContainExactly listOf("good")
            }
        }

        test("a sink that throws loses nothing after its packet") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                repeat(5) { transport.log("p$it") }
                transport.clock().advance(Duration.ofSeconds(1))
                val seen = mutableListOf<String>()
                shouldThrow<java.io.IOException> {
                    session.poll<java.io.IOException>({
                        seen += it.prefix()
                        if (seen.size == 2) throw java.io.IOException("full")
                    }, Duration.ZERO)
                }.message shouldBe "full"
                seen += session.prefixes()
                seen shouldContainExactly listOf("p0", "p1", "p2", "p3", "p4")
            }
        }

        test("a packet that the rule itself truncated is counted") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options()).use { session ->
                val payload = ByteArray(30)
                payload[0] = 0x45
                payload[3] = 100
                transport.socket().deliver(*SampleNflog.of(payload).group(30).toDatagram())
                session.poll<RuntimeException>({ it.truncated() shouldBe true }, Duration.ZERO) shouldBe 1
                session.statistics().truncatedPackets() shouldBe 1
            }
        }

        test("a packet longer than the copy range is marked as truncated, and counted") {
            val transport = FakeNetfilter()
            NflogSession.open(transport, options { it.copyRange(10).threshold(1) }).use { session ->
                val payload =
                    ByteArray(40).also { bytes ->
                        bytes[0] = 0x45
                        bytes[3] = 40
                    }
                transport.nflog().log(30, SampleNflog.of(payload))
                session.poll<RuntimeException>({
                    it.truncated() shouldBe true
                    it.originalLength() shouldBe 40
                    it.payload().length() shouldBe 10
                }, Duration.ZERO) shouldBe 1
                session.statistics().truncatedPackets() shouldBe 1
            }
        }
    })
