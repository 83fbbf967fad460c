// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.testkit.SampleConntrack
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.time.Duration

private fun SampleConntrack.carried(count: Long) = counters(count, count * 100, count / 2, count * 50)

class FlowIntervalsSpec :
    FunSpec({
        fun metering(configure: FlowMeterOptions.Builder.() -> Unit = {}) =
            Metering(kernel = { settings().timestamps(true) }) {
                activeTimeout(Duration.ofSeconds(60))
                configure()
            }

        test("a long connection has a record for each interval, whose deltas add up to its totals") {
            metering().use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1).timeout(3600))
                metering.poll()
                repeat(10) { second ->
                    metering.conntrack.change(id) { it.carried((second + 1) * 10L) }
                    metering.advance(30)
                }
                metering.conntrack.change(id) { it.carried(105) }
                metering.conntrack.remove(id)
                metering.poll()

                val records = metering.records
                records.map { it.sequence() } shouldContainExactly records.indices.map { it.toLong() }
                records.map { it.reason() }.toSet() shouldBe setOf(FlowEnd.ACTIVE, records.last().reason())
                records.last().isOpen shouldBe false
                records.sumOf { it.originalTraffic().deltaPackets() } shouldBe 105
                records.sumOf { it.replyTraffic().deltaBytes() } shouldBe 105 * 50
                records.last().originalTraffic().packets() shouldBe 105
                records.zipWithNext { one, next -> next.since() shouldBe one.end() }
                records.first().since() shouldBe records.first().start()
                records.forEach {
                    it.end().epochNanos() - it.since().epochNanos() shouldBeLessThanOrEqual 60 * SECOND
                }
            }
        }

        test("an interval in which nothing was carried leaves no record") {
            metering().use { metering ->
                metering.poll()
                metering.conntrack.add(udp(1).timeout(3600).carried(4))
                metering.poll()
                metering.advance(60).size shouldBe 1
                metering.advance(600).shouldBeEmpty()
            }
        }

        test("a connection that the kernel does not count has a record for each interval") {
            Metering(kernel = { settings().accounting(false) }).use { metering ->
                metering.poll()
                metering.conntrack.add(udp(1).timeout(3600))
                metering.poll()
                repeat(3) { metering.advance(60) }
                metering.records.map { it.doubts() }.toSet() shouldBe setOf(setOf(FlowDoubt.NOT_COUNTED))
                metering.records.size shouldBe 3
            }
        }

        test("a short connection has one record") {
            metering().use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1).timeout(3600).carried(4))
                metering.advance(29)
                metering.conntrack.remove(id)
                metering.advance(600)
                metering.records.map { it.isOpen } shouldContainExactly listOf(false)
            }
        }

        test("of a connection that is older than the meter, the deltas are since the meter began") {
            val transport = metering().use { it.transport }
            val id = transport.conntrack().add(udp(1).timeout(3600).carried(100))
            transport.clock().advance(Duration.ofSeconds(10))
            Metering(transport).use { metering ->
                metering.poll()
                val joined = metering.now
                transport.conntrack().change(id) { it.carried(130) }
                metering.advance(60)
                val record = metering.records.single()
                record.originalTraffic() shouldBe FlowTraffic(130, 13_000, 30, 3_000)
                record.since().epochNanos() shouldBe joined
                record.start() shouldBe FlowTime.byKernel(joined - 10 * SECOND)
                record.doubts() shouldBe setOf(FlowDoubt.BEGINNING_UNSEEN)
                metering.statistics.joined() shouldBe 1
            }
        }

        test("a connection that begins before the first poll is new, and its deltas are since its beginning") {
            metering().use { metering ->
                val id = metering.conntrack.add(udp(1).timeout(3600).carried(7))
                metering.poll()
                metering.conntrack.remove(id)
                metering.poll()
                metering.records
                    .single()
                    .originalTraffic()
                    .deltaPackets() shouldBe 7
                metering.records
                    .single()
                    .doubts()
                    .shouldBeEmpty()
                metering.statistics.begun() shouldBe 1
                metering.statistics.joined() shouldBe 0
            }
        }

        test("a reset of the counts by another program does not make a delta negative") {
            metering().use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1).timeout(3600).carried(100))
                metering.poll()
                metering.advance(60)
                metering.conntrack.change(id) { it.carried(4) }
                metering.advance(60)
                metering.records.map { it.originalTraffic().deltaPackets() } shouldContainExactly listOf(100, 4)
            }
        }

        test("a connection above the limit has one record, at its end") {
            metering { maxFlows(1) }.use { metering ->
                metering.poll()
                val ids = (1..3).map { metering.conntrack.add(udp(it).timeout(3600).carried(it * 10L)) }
                metering.poll()
                metering.advance(60).size shouldBe 1
                metering.statistics.open() shouldBe 1
                metering.statistics.untracked() shouldBe 2
                ids.forEach { metering.conntrack.remove(it) }
                metering.poll().map { (it as FlowRecord).originalTraffic().packets() } shouldContainExactly
                    listOf(10, 20, 30)
                metering.records.map { it.doubts().size } shouldContainExactly listOf(0, 0, 1, 1)
                metering.statistics.untracked() shouldBe 0
                metering.statistics.begun() shouldBe 3
                metering.statistics.ended() shouldBe 3
            }
        }

        test("a dump that is interrupted again and again removes nothing, and is repeated") {
            metering().use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1).timeout(3600).carried(4))
                metering.poll()
                metering.conntrack.interruptDumps(3)
                metering.advance(60)
                metering.statistics.lostSight() shouldBe 0
                metering.statistics.dumps() shouldBe 1 + 3 + 1
                metering.conntrack.remove(id)
                metering.poll()
                metering.statistics.ended() shouldBe 1
            }
        }
    })
