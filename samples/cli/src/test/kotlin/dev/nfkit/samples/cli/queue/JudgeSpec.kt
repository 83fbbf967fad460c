// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue

import dev.nfkit.netfilter.InterfaceNames
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.ChecksumState
import dev.nfkit.packet.PacketChecksums
import dev.nfkit.packet.PacketEditor
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.queue.Action.Kind
import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayOutputStream
import java.nio.ByteOrder
import java.time.Duration
import java.util.SplittableRandom

private fun udp(
    port: Int,
    vararg data: Byte,
): SampleNfqueue {
    // With a checksum, so that the test can see that it is wrong.
    val bytes = SamplePackets.udp("10.9.0.1", 4000, "10.9.0.2", port, *data)
    bytes[26] = 1
    return SampleNfqueue.of(
        PacketEditor()
            .edit(
                dev.nfkit.Bytes
                    .of(*bytes),
                true,
            ).result()
            .toArray(),
    )
}

/** A judge for a fake queue 0, and its results. */
private class Court(
    vararg rules: Pair<Kind, String>,
    private val otherwise: Verdict = Verdict.ACCEPT,
    seed: Long = 1,
    conntrack: Boolean = false,
) : AutoCloseable {
    private val transport = FakeNetfilter().apply { kernel().conntrackGlue(conntrack) }
    private val session =
        NfqueueSession.open(
            transport,
            NfqueueOptions
                .builder()
                .queue(0) { it.conntrack(conntrack) }
                .failureVerdict(otherwise)
                .build(),
        )
    private val delays = Delays(session::close)
    private val printed = ByteArrayOutputStream()
    private val text = TextOutput(printed)
    private val parsed = rules.map { (kind, text) -> RuleParser.parse(kind, text) }
    val judge =
        Judge(
            parsed,
            otherwise,
            SplittableRandom(seed),
            delays,
            InterfaceNames(transport.kernel()),
            QueueCommand.printer(true, transport.kernel()),
            text,
        )
    val summary: List<String>
        get() = QueueSummary(judge, parsed, otherwise == Verdict.DROP).lines(session.statistics())

    fun decide(vararg samples: SampleNfqueue): List<DecidedPacket> {
        samples.forEach { transport.nfqueue().enqueue(0, it) }
        while (session.poll(judge, Duration.ZERO) > 0) {
            // as long as there are packets
        }
        return transport.nfqueue().decided().sortedBy { it.id() } // drops are sent first
    }

    fun afterConntrack() = transport.nfqueue().afterConntrack(true)

    fun await(count: Int): List<DecidedPacket> = transport.nfqueue().awaitDecided(count)

    fun release() = delays.release()

    fun lines(): List<String> {
        text.flush()
        return printed.toString(Charsets.UTF_8).lines().filter { it.isNotEmpty() }
    }

    override fun close() {
        delays.close()
        session.close()
    }
}

class JudgeSpec :
    FunSpec({
        test("the first rule that matches a packet decides, and the default decides the rest") {
            Court(
                Kind.ACCEPT to "udp dport 53 and len < 30",
                Kind.DROP to "udp dport 53",
                Kind.MARK to "7: udp dport 443",
                otherwise = Verdict.DROP,
            ).use { court ->
                val decided = court.decide(udp(53, 1), udp(53, 1, 2, 3), udp(443), udp(80))
                decided.map { it.passed() } shouldContainExactly listOf(true, false, true, false)
                decided[2].mark() shouldBe 7
                court.summary shouldContainExactly
                    listOf(
                        "4 packets: 1 accepted, 2 dropped, 1 marked; 0 lost",
                        "  rule 1, --accept 'udp dport 53 and len < 30': 1 packet",
                        "  rule 2, --drop 'udp dport 53': 1 packet",
                        "  rule 3, --mark '0x7: udp dport 443': 1 packet",
                    )
            }
        }

        test("packets that connection tracking dropped after their verdict are reported, with advice") {
            Court(Kind.ACCEPT to "icmp").use { court ->
                court.afterConntrack()
                court.decide(*Array(3) { SampleNfqueue.of(SamplePackets.ping4(it)) }).count { it.passed() } shouldBe 1
                court.summary shouldContainExactly
                    listOf(
                        "3 packets: 3 accepted; 0 lost",
                        "  2 packets dropped by connection tracking in this network namespace, after a verdict: packets of a new",
                        "  connection waited at the same time. Rules in the raw table lose none (iptables -t raw -A OUTPUT ... -j NFQUEUE)",
                        "  rule 1, --accept 'icmp': 3 packets",
                    )
            }
        }

        test("packets of new connections are not delayed if connections are sent, so that none is lost") {
            Court(Kind.DELAY to "60s: icmp", conntrack = true).use { court ->
                val (new, confirmed) =
                    listOf(0L, 8L).map { status ->
                        val entry =
                            SampleConntrack
                                .of(SampleTuple.icmp("192.0.2.1", "192.0.2.2", 8, 0, 1))
                                .status(status)
                                .toAttributes(ByteOrder.nativeOrder())
                        SampleNfqueue.of(SamplePackets.ping4(1)).conntrack(entry)
                    }
                court.decide(new, confirmed).map { it.id() } shouldContainExactly listOf(1L)
                court.summary.first() shouldBe
                    "2 packets: 1 accepted, 1 delayed; 0 lost (1 of new connections not delayed)"
                court.release()
                court.await(2).all { it.passed() } shouldBe true
            }
        }

        test("a mark with a mask leaves the other bits") {
            Court(Kind.MARK to "0x10/0xf0").use { court ->
                court.decide(udp(1).mark(0xabcd)).single().mark() shouldBe 0xab1d
            }
        }

        test("a share of the packets is decided, the others go to the next rule, and a seed repeats the choice") {
            val fates =
                List(2) {
                    Court(Kind.DROP to "30%: udp", Kind.MARK to "50% 5", seed = 42).use { court ->
                        court.decide(*Array(1000) { udp(1) }).map { it.passed() to it.mark() }
                    }
                }
            fates[0] shouldBe fates[1]
            fates[0].count { !it.first } shouldBeInRange 200..400
            fates[0].count { it.second == 5L } shouldBeInRange 250..450
            val other = Court(Kind.DROP to "30%: udp", seed = 43).use { it.decide(*Array(1000) { udp(1) }) }
            other.map { it.passed() } shouldNotBe fates[0].map { it.first }
        }

        test("a share of 100% takes every packet that matches") {
            Court(Kind.DROP to "100%: udp dport 1").use { court ->
                court.decide(*Array(200) { udp(1 + it % 2) }).count { it.dropped() } shouldBe 100
            }
        }

        test("a bit of the payload is flipped, with a wrong or a correct checksum as requested") {
            val data = ByteArray(40) { it.toByte() }
            for ((rule, state) in listOf("udp" to ChecksumState.WRONG, "checksums: udp" to ChecksumState.RIGHT)) {
                Court(Kind.CORRUPT to rule).use { court ->
                    val changed = court.decide(udp(1, *data)).single().payload()
                    changed.length() shouldBe 68
                    val turned = data.indices.sumOf { Integer.bitCount((changed.u8(28 + it)) xor data[it].toInt()) }
                    turned shouldBe 1
                    PacketChecksums().apply { wrap(changed) shouldBe true }.transport() shouldBe state
                    court.summary[0] shouldContain "1 packet: 1 corrupted; 0 lost"
                }
            }
        }

        test("a byte is replaced, also after the options of TCP") {
            val data = ByteArray(8)
            val packet = SamplePackets.tcp("10.9.0.1", 1, "10.9.0.2", 2, 16, *data)
            Court(Kind.CORRUPT to "byte: tcp").use { court ->
                repeat(50) {
                    val changed = court.decide(SampleNfqueue.of(packet)).last().payload()
                    changed.toArray().copyOf(40).toList() shouldBe packet.copyOf(40).toList()
                    data.indices.count { changed.u8(40 + it) != 0 } shouldBe 1
                }
            }
        }

        test("packets without a payload pass unchanged, and are counted") {
            Court(Kind.CORRUPT to "any").use { court ->
                val decided =
                    court.decide(
                        SampleNfqueue.of(SamplePackets.tcp4()),
                        udp(1),
                        SampleNfqueue.of(byteArrayOf(1, 2)),
                    )
                decided.map { it.payloadChanged() } shouldContainExactly listOf(false, false, false)
                court.summary[0] shouldBe "3 packets: 3 accepted; 0 lost (3 with nothing to corrupt)"
            }
        }

        test("delayed packets are accepted at their times, and all at once after a release") {
            Court(
                Kind.DELAY to "500ms: udp dport 1",
                Kind.DELAY to "1ms: udp dport 2",
                Kind.DELAY to "1000s: any",
            ).use { court ->
                court.decide(udp(1), udp(2), udp(4))
                court.await(2).map { it.id() } shouldContainExactly listOf(2L, 1L)
                court.decide(udp(3))
                court.release()
                court.await(4).map { it.id() } shouldContainExactly listOf(2L, 1L, 3L, 4L)
                court.await(4).all { it.passed() } shouldBe true
            }
        }

        test("after a release, later packets are not delayed") {
            Court(Kind.DELAY to "1000s").use { court ->
                court.release()
                court.decide(udp(1))
                court.await(1).single().passed() shouldBe true
            }
        }

        test("each packet is printed with its verdict") {
            Court(
                Kind.DROP to "udp dport 1",
                Kind.MARK to "0xffffffff: udp dport 2",
                Kind.DELAY to "10ms: udp dport 3",
                Kind.CORRUPT to "byte: udp dport 4",
            ).use { court ->
                court.decide(udp(1), udp(2), udp(3), udp(4, 0), udp(5))
                val verdicts = court.lines().map { parseJson(it)["verdict"] as Map<*, *> }
                verdicts[0] shouldBe mapOf("verdict" to "NF_DROP", "rule" to 1L)
                verdicts[1] shouldBe mapOf("verdict" to "NF_ACCEPT", "mark" to 0xffff_ffffL, "rule" to 2L)
                verdicts[2] shouldBe mapOf("verdict" to "NF_ACCEPT", "delay" to 0.01, "rule" to 3L)
                verdicts[3].keys shouldBe setOf("verdict", "payload", "corrupted", "rule")
                verdicts[3]["corrupted"] shouldBe 28L
                verdicts[4] shouldBe mapOf("verdict" to "NF_ACCEPT")
            }
        }
    })
