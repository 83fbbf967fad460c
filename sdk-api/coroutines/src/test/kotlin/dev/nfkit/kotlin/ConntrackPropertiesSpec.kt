// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.nio.ByteOrder
import java.util.BitSet
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

private val ORDER = ByteOrder.nativeOrder()
private val TUPLE = SampleTuple.tcp("10.0.0.1", 4000, "10.0.0.2", 443)

private fun entry(sample: SampleConntrack): ConntrackEntry =
    ConntrackEntry(EntryAttributes.owned(sample.toAttributes(ORDER), ORDER))

class ConntrackPropertiesSpec :
    FunSpec({
        test("a property of a connection has the value of the accessor") {
            val entry =
                entry(
                    SampleConntrack
                        .of(TUPLE)
                        .mark(0xffff_fffe)
                        .zone(7)
                        .id(0x8000_0000)
                        .timeout(120)
                        .status(ConntrackStatus.CONFIRMED.bit() or ConntrackStatus.ASSURED.bit())
                        .counters(3, 300, 2, 200)
                        .started(1_500_000_000_000_000_009)
                        .labels(1, 127)
                        .helper("ftp")
                        .tcp(TcpState.ESTABLISHED.number()),
                )
            entry.mark shouldBe 0xffff_fffeu
            entry.zone shouldBe 7
            entry.id shouldBe 0x8000_0000u
            entry.timeout shouldBe 120.seconds
            entry.status shouldBe setOf(ConntrackStatus.ASSURED, ConntrackStatus.CONFIRMED)
            entry.sent shouldBe Traffic(3, 300)
            entry.received shouldBe Traffic(2, 200)
            entry.start shouldBe Instant.fromEpochSeconds(1_500_000_000, 9)
            entry.stop.shouldBeNull()
            entry.labels shouldBe BitSet().apply { set(1) }.apply { set(127) }
            entry.helper shouldBe "ftp"
            entry.protocolInfo.shouldNotBeNull()
            val original = entry.original.shouldNotBeNull()
            original.source shouldBe InetAddress.getByName("10.0.0.1")
            original.destination shouldBe InetAddress.getByName("10.0.0.2")
            original.protocol shouldBe 6
            original.sourcePort shouldBe 4000
            original.destinationPort shouldBe 443
            original.icmpId.shouldBeNull()
            entry.reply?.sourcePort shouldBe 443
        }

        test("what the kernel did not send is null, not an exception") {
            val entry =
                entry(
                    SampleConntrack
                        .of(TUPLE)
                        .without(ConntrackAttribute.TIMEOUT)
                        .without(ConntrackAttribute.STATUS)
                        .without(ConntrackAttribute.ID),
                )
            entry.timeout.shouldBeNull()
            entry.status.shouldBeNull()
            entry.id.shouldBeNull()
            entry.sent.shouldBeNull()
            entry.received.shouldBeNull()
            entry.start.shouldBeNull()
            entry.master.shouldBeNull()
            entry.helper.shouldBeNull()
            entry.securityContext.shouldBeNull()
            entry.sourceNat.shouldBeNull()
            entry.destinationNat.shouldBeNull()
            entry.labels shouldBe BitSet()
            entry.mark shouldBe 0u
        }

        test("a connection of a protocol without ports has none") {
            val tuple =
                entry(
                    SampleConntrack.of(SampleTuple.icmp("10.0.0.1", "10.0.0.2", 8, 0, 77)),
                ).original.shouldNotBeNull()
            tuple.sourcePort.shouldBeNull()
            tuple.destinationPort.shouldBeNull()
            tuple.icmpId shouldBe 77
        }
    })
