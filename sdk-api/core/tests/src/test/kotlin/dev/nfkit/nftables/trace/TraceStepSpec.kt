// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace

import dev.nfkit.AddressFamily
import dev.nfkit.MalformedMessageException
import dev.nfkit.conntrack.ConntrackInfo
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.Direction
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.codec.MessageTypes
import dev.nfkit.socket.Loan
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteOrder
import java.util.Optional
import java.util.OptionalLong
import kotlin.random.Random

private const val RUNS = 20_000

/** Trace messages as bytes: those of a kernel, of both byte orders, and damaged ones. */
class TraceStepSpec :
    FunSpec({
        test("the messages of a kernel are read, and shown in a line") {
            recorded.map { read(it).toString() } shouldContainExactly
                listOf(
                    "trace 52ee0c0d inet t out rule handle 16 continue",
                    "trace 52ee0c0d inet t out end continue",
                    "trace 52ee0c0d inet t out policy accept",
                    "trace 52ee0c0d ip nat post rule handle 2 drop",
                    "trace 5bc8a40b inet t pre rule handle 5 continue",
                    "trace 5bc8a40b inet t pre end continue",
                    "trace 5bc8a40b inet t pre policy accept",
                    "trace 5bc8a40b inet t in rule handle 8 goto sub",
                    "trace 5bc8a40b inet t sub rule handle 13 continue",
                    "trace 5bc8a40b inet t sub end continue",
                    "trace 5bc8a40b inet t in policy accept",
                    "trace 6150fb03 inet t pre rule handle 5 continue",
                    "trace 6150fb03 inet t pre end continue",
                    "trace 6150fb03 inet t pre policy accept",
                    "trace 99184976 inet t in rule handle 9 drop",
                    "trace b264317a inet t in rule handle 10 return",
                    "trace b264317a inet t in policy accept",
                    "trace ef44ab8f inet t6 pre rule handle 3 continue",
                    "trace ef44ab8f inet t6 pre end continue",
                    "trace ef44ab8f inet t6 pre policy accept",
                    "trace ef44ab8f inet t6 in end continue",
                    "trace ef44ab8f inet t6 in policy drop",
                    "trace 1193344c arp a in rule handle 2 continue",
                    "trace 1193344c arp a in end continue",
                    "trace 1193344c arp a in policy accept",
                )
        }

        test("the first message in a base chain describes the packet") {
            val step = read(recorded[7])
            step.describesPacket() shouldBe true
            step.table() shouldBe TableId.inet("t")
            step.protocol() shouldBe AddressFamily.IPV4
            step.verdict() shouldBe TraceVerdict(TraceVerdict.Kind.GOTO, -4, Optional.of("sub"))
            (step.inputInterface() to step.inputType()) shouldBe (1 to 772)
            step.has(TraceAttribute.OIF) shouldBe false
            step.networkHeader().toHex() shouldBe "450000214f9640004011ed337f0000017f000001"
            step.transportHeader().toHex() shouldBe "0fa00036000dfe2068656c6c6f"
            step.linkHeader().toHex() shouldBe "0000000000000000000000000800"
            step.connectionId() shouldBe 0x3d84215fL
            step.connectionDirection() shouldBe Direction.ORIGINAL
            step.connectionInfo() shouldBe ConntrackInfo.NEW
            step.connectionStatus() shouldBe
                setOf(ConntrackStatus.CONFIRMED, ConntrackStatus.SRC_NAT_DONE, ConntrackStatus.DST_NAT_DONE)
            step.mark() shouldBe 0L
        }

        test("others have the mark, and name what they lack") {
            val step = read(recorded[8])
            step.mark() shouldBe 7L
            step.ruleHandle() shouldBe OptionalLong.of(13)
            step.describesPacket() shouldBe false
            shouldThrow<NoSuchElementException> { step.networkHeader() }.message shouldContain
                "NFTA_TRACE_NETWORK_HEADER is absent: only the first message of a packet in a base chain"
            shouldThrow<NoSuchElementException> { step.connectionInfo() }.message shouldContain "Linux 6.16"
            step.connectionStatus() shouldBe emptySet()
            read(recorded[9]).ruleHandle() shouldBe OptionalLong.empty()
        }

        test("an ICMP error belongs to the connection that it is about, in the direction of replies") {
            val step = read(recorded[11])
            step.connectionInfo() shouldBe ConntrackInfo.RELATED_REPLY
            step.connectionDirection() shouldBe Direction.REPLY
        }

        test("packets of other families have their headers") {
            read(recorded[17]).networkHeader().length() shouldBe 40
            read(recorded[17]).transportHeader().length() shouldBe 20
            val arp = read(recorded[22])
            (arp.table() to arp.protocol()) shouldBe (TableId.arp("a") to AddressFamily.ARP)
            arp.has(TraceAttribute.TRANSPORT_HEADER) shouldBe false
            arp.inputType() shouldBe 1
        }

        context("verdicts") {
            withData(
                nameFn = { it.second },
                Triple(0, "drop", TraceVerdict.Kind.DROP),
                Triple(1 or (5 shl 16), "accept", TraceVerdict.Kind.ACCEPT),
                Triple(2, "stolen", TraceVerdict.Kind.STOLEN),
                Triple(3 or (9 shl 16), "queue to 9", TraceVerdict.Kind.QUEUE),
                Triple(3 or (8 shl 16) or 0x8000, "queue to 8", TraceVerdict.Kind.QUEUE),
                Triple(-5, "return", TraceVerdict.Kind.RETURN),
            ) { (code, text, kind) ->
                val step = TraceStep.read(traceMessage { common().verdict(code) })
                step.verdict().toString() shouldBe text
                step.verdict().kind() shouldBe kind
                step.verdict().decides() shouldBe (code >= 0)
            }
        }

        test("a message of a host of the other byte order is read") {
            val step =
                TraceStep.read(
                    traceMessage(order = ByteOrder.BIG_ENDIAN) {
                        common(id = 0xfedc_ba98).verdict(-3, "x")
                        be64(TraceAttribute.RULE_HANDLE.code(), 1L shl 40)
                    },
                )
            step.toString() shouldBe "trace fedcba98 inet t c rule handle 1099511627776 jump x"
        }

        test("a borrowed step cannot be read after its callback, an owned one can") {
            val step = TraceStep(null as Loan?)
            step.wrap(cursor(recorded[7]))
            val header = step.networkHeader()
            val copy = step.copy()
            step.release()
            shouldThrow<IllegalStateException> { step.chain() }
            shouldThrow<IllegalStateException> { header.u8(0) }
            shouldThrow<IllegalStateException> { step.copy() }
            step.toString() shouldBe "TraceStep[released]"
            copy.toString() shouldBe "trace 5bc8a40b inet t in rule handle 8 goto sub"
            copy.networkHeader().length() shouldBe 20
            copy.copy() shouldBe copy
            step.wrap(cursor(recorded[3])).toString() shouldBe "trace 52ee0c0d ip nat post rule handle 2 drop"
        }

        test("names of other characters are printed harmlessly") {
            val step = TraceStep.read(traceMessage { common(chain = "a\u001bb").verdict(-3, "\u001b[2J") })
            step.chain() shouldBe "a\u001bb"
            step.toString().any { it.code < 32 } shouldBe false
        }

        context("malformed messages are refused with the attribute's name") {
            withData(
                nameFn = { it.first },
                "another type" to traceMessage(type = MessageTypes.NEWGEN) { common().verdict(1) },
                "a family without tables" to traceMessage(family = 9) { common().verdict(1) },
                "NFTA_TRACE_VERDICT" to traceMessage { common() },
                "a policy without NFTA_TRACE_POLICY" to traceMessage { common(kind = 1) },
                "NFTA_TRACE_TYPE 4" to traceMessage { common(kind = 4).verdict(1) },
                "NFTA_TRACE_TYPE 0" to traceMessage { common(kind = 0).verdict(1) },
                "a policy of 2" to traceMessage { common(kind = 1).be32(TraceAttribute.POLICY.code(), 2) },
                "an empty table" to traceMessage { common(table = "").verdict(1) },
                "a long chain" to traceMessage { common(chain = "x".repeat(256)).verdict(1) },
                "verdict -6" to traceMessage { common().verdict(-6) },
                "verdict 6" to traceMessage { common().verdict(6) },
                "a jump to nothing" to traceMessage { common().verdict(-3) },
                "a drop with a chain" to traceMessage { common().verdict(0, "x") },
                "a verdict without a code" to
                    traceMessage {
                        common()
                        val nest = beginNest(TraceAttribute.VERDICT.code())
                        endNest(nest)
                    },
                "no id" to
                    traceMessage {
                        be32(TraceAttribute.NFPROTO.code(), 2).be32(TraceAttribute.TYPE.code(), 3)
                        string(TraceAttribute.CHAIN.code(), "c").string(TraceAttribute.TABLE.code(), "t").verdict(1)
                    },
                "a short handle" to traceMessage { common().verdict(1).be32(TraceAttribute.RULE_HANDLE.code(), 1) },
            ) { (_, message) ->
                shouldThrow<MalformedMessageException> { TraceStep.read(message) }
            }
        }

        test("damaged messages are read or refused, and nothing else happens") {
            val random = Random(1)
            var refused = 0
            repeat(RUNS) {
                val bytes = recorded[random.nextInt(recorded.size)].clone()
                repeat(
                    1 + random.nextInt(4),
                ) { bytes[16 + random.nextInt(bytes.size - 16)] = random.nextInt().toByte() }
                try {
                    val step = read(bytes)
                    step.toString()
                    step.table()
                    TraceAttribute.entries.filter(step::has).size shouldBeGreaterThan 4
                    if (step.describesPacket()) step.networkHeader().toHex()
                    if (step.has(TraceAttribute.CT_STATE)) step.connectionInfo()
                    step.connectionStatus()
                    step.protocol()
                } catch (_: MalformedMessageException) {
                    refused++
                }
            }
            refused shouldBeGreaterThan 100
        }
    })
