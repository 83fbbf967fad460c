// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.TuplePattern
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessResolver
import dev.nfkit.process.UnknownReason
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.math.BigInteger
import java.time.Duration
import java.util.Optional

class FlowMeterSpec :
    FunSpec({
        test("a connection that ends leaves one record, with both directions, its times and its translation") {
            Metering(kernel = { settings().timestamps(true) }).use { metering ->
                metering.poll().shouldBeEmpty()
                val begun = metering.now
                val id =
                    metering.conntrack.add(
                        tcp(4000)
                            .sourceNat("203.0.113.7", 41_234)
                            .zone(7)
                            .mark(9)
                            .labels(0, 100),
                    )
                metering.advance(5).shouldBeEmpty()
                metering.conntrack.change(id) { it.tcp(TcpState.TIME_WAIT.number()).counters(10, 2_000, 8, 90_000) }
                metering.conntrack.remove(id)
                val record = metering.poll().single() as FlowRecord

                record.host() shouldBe "fw1"
                record.sequence() shouldBe 0
                record.original().toString() shouldContain "src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=443"
                record.reply().toString() shouldContain "src=10.0.0.2 dst=203.0.113.7 sport=443 dport=41234"
                record.translated() shouldBe true
                record.zone() shouldBe 7
                record.mark() shouldBe 9
                record.tcpState() shouldBe Optional.of(TcpState.TIME_WAIT)
                record.traffic(Direction.ORIGINAL) shouldBe FlowTraffic.whole(10, 2_000)
                record.traffic(Direction.REPLY) shouldBe FlowTraffic.whole(8, 90_000)
                record.start() shouldBe FlowTime.byKernel(begun)
                record.since() shouldBe record.start()
                record.end() shouldBe FlowTime.byKernel(begun + 5 * SECOND)
                record.reason() shouldBe FlowEnd.CLOSED
                record.doubts().shouldBeEmpty()
                record.isOpen shouldBe false
            }
        }

        test("labels are those of the last dump or change") {
            Metering(configure = { changes(true) }).use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1).labels(3))
                metering.poll()
                metering.conntrack.change(id) { it.labels(3, 127) }
                metering.conntrack.remove(id)
                metering.poll()
                metering.records.single().labels() shouldBe BigInteger.ONE.shiftLeft(127).setBit(3)
            }
        }

        test("a connection without translation has the exchanged tuple as its reply") {
            Metering().use { metering ->
                metering.poll()
                metering.conntrack.remove(metering.conntrack.add(udp(1)))
                metering.poll()
                val record = metering.records.single()
                record.reply() shouldBe record.original().inverted()
                record.translated() shouldBe false
            }
        }

        test("an ICMP query has its type, code and id in both directions") {
            Metering().use { metering ->
                metering.poll()
                metering.conntrack.remove(
                    metering.conntrack.add(SampleConntrack.of(SampleTuple.icmp("10.0.0.1", "10.0.0.2", 8, 0, 77))),
                )
                metering.poll()
                val record = metering.records.single()
                record.original().icmpType() shouldBe 8
                record.reply().icmpType() shouldBe 0
                record.reply().icmpId() shouldBe 77
                record.translated() shouldBe false
            }
        }

        test("without timestamps of the kernel the times are those of the clock") {
            Metering(kernel = { settings().timestamps(false) }).use { metering ->
                metering.poll()
                val begun = metering.now
                val id = metering.conntrack.add(udp(1))
                metering.poll()
                metering.advance(3)
                metering.conntrack.remove(id)
                metering.poll()
                val record = metering.records.single()
                record.start() shouldBe FlowTime.atReceipt(begun)
                record.end() shouldBe FlowTime.atReceipt(begun + 3 * SECOND)
            }
        }

        test("a record does not end before it begins, though the clock jumps back") {
            var offset = 0L
            Metering(
                kernel = { settings().timestamps(false) },
                configure = { clock { java.time.Instant.ofEpochSecond(1_000_000 + offset) } },
            ).use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1))
                metering.poll()
                offset = -3600
                metering.conntrack.remove(id)
                metering.poll()
                metering.records.single().end() shouldBe metering.records.single().start()
            }
        }

        test("the records of a kernel that does not count have the doubt") {
            Metering(kernel = { settings().accounting(false) }).use { metering ->
                metering.poll()
                metering.conntrack.remove(metering.conntrack.add(udp(1)))
                metering.poll()
                metering.records.single().doubts() shouldBe setOf(FlowDoubt.NOT_COUNTED)
            }
        }

        test("the records of a connection have one id, which another meter of the host finds too") {
            fun ids(metering: Metering): List<java.util.UUID> {
                metering.advance(60)
                return metering.records.map { it.flow() }
            }
            val first = Metering(kernel = { settings().timestamps(true) }) { activeTimeout(Duration.ofSeconds(10)) }
            first.use {
                first.poll()
                val id = first.conntrack.add(udp(1).timeout(600).counters(1, 50, 0, 0))
                first.poll()
                first.advance(10)
                Metering(first.transport) { activeTimeout(Duration.ofSeconds(10)) }.use { second ->
                    second.poll()
                    first.conntrack.change(id) { it.counters(2, 100, 1, 70) }
                    val seen = ids(first) + ids(second)
                    seen.size shouldBe 3
                    seen.toSet().size shouldBe 1
                    (first.records + second.records).map { it.meterStart() to it.sequence() }.toSet().size shouldBe 3
                }
                first.records.map { it.sequence() } shouldContainExactly listOf(0, 1)
            }
        }

        test("another connection with the same addresses and ports has another id") {
            Metering().use { metering ->
                metering.poll()
                repeat(2) {
                    metering.conntrack.remove(metering.conntrack.add(udp(1)))
                    metering.poll()
                }
                metering.records[0].flow() shouldNotBe metering.records[1].flow()
            }
        }

        test("a filter selects connections for their whole life") {
            Metering(configure = {
                filter(ConntrackFilter.all().original(TuplePattern.any().destinationPort(443)))
            }).use { metering ->
                metering.poll()
                val ids = listOf(udp(1), tcp(2)).map { metering.conntrack.add(it) }
                metering.poll()
                ids.forEach { metering.conntrack.remove(it) }
                metering.poll()
                metering.records.map { it.original().sourcePort() } shouldContainExactly listOf(2)
                metering.statistics.begun() shouldBe 1
            }
        }

        test("the application provides the interface") {
            Metering(configure = { interfaceOf { Optional.of("eth" + it.sourcePort()) } }).use { metering ->
                metering.poll()
                metering.conntrack.remove(metering.conntrack.add(udp(1)))
                metering.poll()
                metering.records.single().interfaceName() shouldBe Optional.of("eth1")
            }
        }

        test("the process is asked for when the connection begins") {
            val asked = mutableListOf<ConntrackTuple>()
            val resolver =
                object : ProcessResolver {
                    override fun resolve(tuple: ConntrackTuple): Attribution {
                        asked += tuple
                        return Attribution.unknown(UnknownReason.FORWARDED)
                    }

                    override fun close() = Unit
                }
            Metering(configure = { processes(resolver) }).use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1))
                metering.poll()
                asked.size shouldBe 1
                metering.conntrack.remove(id)
                metering.poll()
                metering.records.single().process() shouldBe Attribution.unknown(UnknownReason.FORWARDED)
                asked shouldContainExactly listOf(metering.records.single().original())
            }
        }

        test("a report at which the sink throws is delivered again, first") {
            Metering().use { metering ->
                metering.poll()
                repeat(2) { metering.conntrack.remove(metering.conntrack.add(udp(it))) }
                val taken = mutableListOf<Int>()
                shouldThrow<IllegalStateException> {
                    metering.poll { error("the disk is full") }
                }
                while (metering.poll { taken += (it as FlowRecord).original().sourcePort() } > 0) {
                    // go on
                }
                taken shouldContainExactly listOf(0, 1)
            }
        }

        test("the end of a session reports open flows once more, and then nothing") {
            Metering().use { metering ->
                metering.poll()
                metering.conntrack.add(udp(1).counters(3, 300, 1, 40))
                metering.conntrack.add(udp(2).counters(3, 300, 1, 40))
                metering.poll()
                metering.stop().map { (it as FlowRecord).reason() } shouldContainExactly
                    listOf(FlowEnd.ACTIVE, FlowEnd.ACTIVE)
                metering.poll(Duration.ofDays(1)) { error("no more") } shouldBe -1
                metering.meter.ended() shouldBe true
                metering.transport.openSockets() shouldBe 0
            }
        }

        test("a close reports nothing more") {
            val metering = Metering()
            metering.poll()
            metering.conntrack.remove(metering.conntrack.add(udp(1)))
            metering.close()
            metering.poll(Duration.ofDays(1)) { error("no more") } shouldBe -1
            metering.transport.openSockets() shouldBe 0
        }

        test("a wakeup ends a poll that waits, or the next one") {
            Metering().use { metering ->
                metering.poll()
                metering.meter.wakeup()
                metering.poll(Duration.ofDays(1)) { error("nothing") } shouldBe 0
            }
        }

        test("two polls at a time are refused") {
            Metering().use { metering ->
                metering.poll()
                metering.conntrack.remove(metering.conntrack.add(udp(1)))
                shouldThrow<IllegalStateException> { metering.poll { metering.poll { } } }
                    .message shouldContain "in progress"
            }
        }
    })
