// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.SocketEffect
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.nio.ByteOrder
import java.time.Duration
import kotlin.random.Random

/** Events that this buffer holds, as the fake kernel charges them. */
private const val SMALL = 16_384

private fun echo(id: Int) = SampleConntrack.of(SampleTuple.icmp("10.0.0.1", "10.0.0.2", 8, 0, id))

class FlowLossSpec :
    FunSpec({
        fun metering(configure: FlowMeterOptions.Builder.() -> Unit = {}) =
            Metering {
                receiveBuffer(SMALL)
                configure()
            }

        test("connections of which neither beginning nor end was received are counted, and their number is exact") {
            metering().use { metering ->
                metering.poll()
                repeat(500) { metering.conntrack.remove(metering.conntrack.add(udp(it))) }
                metering.poll()
                val loss = metering.losses.single()
                loss.events() shouldBeGreaterThan 0
                loss.place() shouldBe FlowLoss.Place.SOCKET
                metering.records.size + loss.unseen() shouldBe 500
                with(metering.statistics) {
                    begun() + found() + foundAtEnd() + unseen() shouldBe 500
                    unseen() shouldBe loss.unseen()
                }
            }
        }

        test("a connection whose beginning was lost is found in the table, and its record has the doubt") {
            metering().use { metering ->
                metering.poll()
                val ids = (1..200).map { metering.conntrack.add(udp(it).timeout(3600)) }
                metering.poll()
                val loss = metering.losses.single()
                loss.begun() shouldBe loss.events()
                loss.ended() shouldBe 0
                loss.unseen() shouldBe 0
                metering.statistics.open() shouldBe 200
                ids.chunked(10).forEach { some ->
                    some.forEach { metering.conntrack.remove(it) }
                    metering.poll()
                }
                metering.records.size shouldBe 200
                metering.records.count { FlowDoubt.BEGINNING_UNSEEN in it.doubts() } shouldBe loss.begun()
            }
        }

        test("a connection whose end was lost has a last record with its last known counts") {
            metering().use { metering ->
                metering.poll()
                val ids =
                    (1..200).chunked(10).flatMap { some ->
                        some
                            .map { metering.conntrack.add(udp(it).timeout(3600).counters(it * 10L, 1000, 0, 0)) }
                            .also { metering.poll() }
                    }
                metering.advance(60)
                metering.reports.clear()
                ids.forEach { metering.conntrack.remove(it) }
                metering.poll()
                val loss = metering.losses.single()
                loss.ended() shouldBe loss.events()
                loss.begun() shouldBe 0
                val lost = metering.records.filter { it.reason() == FlowEnd.LOST_SIGHT }
                lost.size.toLong() shouldBe loss.ended()
                lost.forEach {
                    it.doubts() shouldContain FlowDoubt.END_UNSEEN
                    it.originalTraffic().packets() shouldBe it.original().sourcePort() * 10L
                    it.originalTraffic().deltaPackets() shouldBe 0
                }
                metering.records.size shouldBe 200
                metering.statistics.open() shouldBe 0
            }
        }

        test("with changes, records of flows that were open during a loss have the doubt that changes were lost") {
            metering { changes(true) }.use { metering ->
                metering.poll()
                val id = metering.conntrack.add(udp(1).timeout(3600))
                metering.poll()
                metering.events().effect(SocketEffect.Overrun(3))
                metering.poll()
                metering.conntrack.remove(id)
                metering.poll()
                metering.records.single().doubts() shouldBe setOf(FlowDoubt.CHANGES_LOST)
            }
        }

        test("whatever an event contains, it becomes part of a flow or is counted as lost") {
            checkAll(300, Arb.int()) { seed ->
                val random = Random(seed)
                metering().use { metering ->
                    metering.poll()
                    repeat(20) { number ->
                        val sample = if (random.nextBoolean()) tcp(number) else echo(number)
                        val bytes = sample.counters(1, 2, 3, 4).labels(5).toDatagram(ByteOrder.nativeOrder())
                        bytes[4] = random.nextInt(3).toByte() // new, changed, ended, or none
                        repeat(random.nextInt(3)) { bytes[random.nextInt(4, bytes.size)] = random.nextInt().toByte() }
                        metering.events().deliver(*bytes)
                    }
                    metering.poll()
                    metering.stop()
                }
            }
        }

        test("whatever is lost, each connection has a last record, is open, or is counted as unseen") {
            checkAll(60, Arb.int()) { seed ->
                val random = Random(seed)
                metering { activeTimeout(Duration.ofSeconds(2)) }.use { metering ->
                    val open = mutableListOf<Long>()
                    var made = 0
                    repeat(random.nextInt(5, 40)) {
                        when (random.nextInt(6)) {
                            0, 1 -> {
                                repeat(random.nextInt(60)) {
                                    open +=
                                        metering.conntrack.add(udp(++made).timeout(3600))
                                }
                            }

                            2 -> {
                                repeat(minOf(random.nextInt(60), open.size)) {
                                    metering.conntrack.remove(open.removeAt(random.nextInt(open.size)))
                                }
                            }

                            3 -> {
                                repeat(random.nextInt(60)) {
                                    metering.conntrack.remove(metering.conntrack.add(udp(++made).timeout(3600)))
                                }
                            }

                            4 -> {
                                metering.poll { metering.reports += it }
                            }

                            else -> {
                                metering.advance(1)
                            }
                        }
                    }
                    metering.poll()
                    with(metering.statistics) {
                        begun() + joined() + found() + foundAtEnd() shouldBe
                            open() + untracked() + ended() + lostSight()
                        begun() + found() + foundAtEnd() + unseen() shouldBe made
                        open() shouldBe open.size
                        metering.records.filter { !it.isOpen }.map { it.flow() }.let { last ->
                            last.size shouldBe last.toSet().size
                            last.size.toLong() shouldBe ended() + lostSight()
                        }
                        metering.losses.sumOf { it.unseen() } shouldBe unseen()
                    }
                }
            }
        }
    })
