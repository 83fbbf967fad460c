// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.event.ConntrackChange
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEvent.Overrun
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetSocketAddress
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.random.Random

private const val FLOWS = 20_000

/** Creates connections as fast as one sender can, and removes them. */
private fun Namespace.makeAndRemove(table: Conntrack) {
    iptables("-A INPUT -p udp -j DROP") // otherwise this host answers with ICMP
    inside { DatagramSocket() }.use { sender ->
        val packet = DatagramPacket(ByteArray(1), 1)
        for (flow in 0 until FLOWS) {
            packet.socketAddress = InetSocketAddress(address("127.1.0.${flow % 200 + 1}"), 1_000 + flow / 200)
            sender.send(packet)
            if (flow % 1_000 == 999) table.flush()
        }
    }
}

/** What a listener received. */
private class Tally {
    var events = 0L
    var lost = 0L
    var overruns = 0L

    fun take(session: ConntrackEvents) =
        session.run<RuntimeException> {
            if (it is Overrun) {
                lost += it.lost()
                overruns++
            } else {
                events++
            }
        }
}

class ConntrackLossSpec :
    FunSpec({
        for ((buffer, reading) in listOf(4_096 to true, 65_536 to true, 65_536 to false)) {
            val how = if (reading) "read meanwhile" else "read afterwards"
            test("of $FLOWS connections all events are received or counted as lost: a buffer of $buffer, $how")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withTable { table ->
                        val session =
                            events {
                                receiveBuffer(buffer)
                                kinds(ConntrackEventKind.NEW, ConntrackEventKind.DESTROYED)
                            }
                        val tally = Tally()
                        if (reading) {
                            val run = CompletableFuture.supplyAsync { tally.take(session) }
                            makeAndRemove(table)
                            session.stop()
                            run.get(BOUND_SECONDS, TimeUnit.SECONDS) shouldBe tally.events + tally.overruns
                        } else {
                            makeAndRemove(table)
                            session.stop()
                            tally.take(session)
                            tally.lost shouldBeGreaterThan 0
                            tally.overruns shouldBe 1
                        }
                        withClue("${tally.events} and ${tally.lost} in ${tally.overruns}: ${session.statistics()}") {
                            tally.events + tally.lost shouldBe 2L * FLOWS
                            session.statistics().delivered() shouldBe tally.events
                            session.statistics().socketDrops() shouldBe tally.lost
                            session.statistics().discarded() shouldBe 0
                        }
                        session.close()
                    }
                }
        }

        test("events that fit a buffer are not lost, and an overrun comes after the events before it")
            .config(enabledOrReasonIf = needsNamespaces) {
                withTable { table ->
                    val session =
                        events {
                            receiveBuffer(65_536)
                            kinds(ConntrackEventKind.NEW)
                        }
                    val made = 2_000
                    repeat(made) { table.create(connection(udp(it))) }
                    val ports = mutableListOf<Int>()
                    val lost = mutableListOf<Long>()
                    while (lost.isEmpty()) {
                        session.poll<RuntimeException>({
                            if (it is Overrun) {
                                lost += it.lost()
                            } else {
                                ports += (it as ConntrackEvent.New).entry().original().sourcePort()
                            }
                        }, Duration.ZERO)
                    }
                    ports shouldBe ports.indices.toList() // the first ones, and all of them before the overrun
                    ports.size + lost.single() shouldBe made
                    table.create(connection(udp(made)))
                    session.rest().size shouldBe 1
                    session.close()
                }
            }

        test("an overrun comes after the events before it, even if other processes sent some of the messages")
            .config(enabledOrReasonIf = needsNamespaces) {
                withTable { table ->
                    val options = ConntrackEventOptions.builder().receiveBuffer(512 * 1_024).build()
                    ConntrackEvents.open(transport, options).use { session ->
                        inside { ForeignSender() }.use { it.multicast(group = 1, ByteArray(16)) }
                        repeat(3_000) { table.create(connection(udp(it))) }
                        val reported = mutableListOf<ConntrackEvent>()
                        while (reported.none { it is Overrun }) {
                            session.poll<RuntimeException>({ reported += it.copy() }, Duration.ZERO)
                        }
                        reported.size shouldBeGreaterThan 200 // more than one receive returns
                        session.rest() shouldBe emptyList()
                        session.statistics().foreign() shouldBe 1
                        reported.size - 1 + session.statistics().socketDrops() shouldBe 3_000
                    }
                }
            }

        for (buffer in listOf(8_192, 64 * 1_024 * 1_024)) {
            test("a mirror equals the table after any changes, with a buffer of $buffer")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withTable { table ->
                        Conntrack.open(transport).use { dumped ->
                            // By default the kernel sends no events of connections that began without a listener.
                            tune("nf_conntrack_events", 1)
                            repeat(500) { table.create(connection(udp(it)).mark(1)) }
                            val session = events { receiveBuffer(buffer) }
                            val mirror = ConntrackMirror(dumped, ConntrackFilter.all())
                            val known = mutableMapOf<Any, ConntrackEntry>()
                            val note =
                                ConntrackChange.Sink<RuntimeException> { change ->
                                    when (change) {
                                        is ConntrackChange.Added -> known[key(change.entry())] = change.entry()
                                        is ConntrackChange.Changed -> known[key(change.after())] = change.after()
                                        is ConntrackChange.Removed -> known.remove(key(change.entry()))
                                    }
                                }
                            mirror.resynchronise(note).added() shouldBe 500
                            val run =
                                CompletableFuture.supplyAsync {
                                    session.run<Exception> { mirror.apply(it, note) }
                                }
                            table.change(Random(7))
                            session.stop()
                            run.get(BOUND_SECONDS, TimeUnit.SECONDS)
                            val expected = table.all().map(::shown).toSet()
                            mirror.entries().map(::shown).toSet() shouldEqual expected
                            mirror.size() shouldBe expected.size
                            withClue("the changes lead to the same table") {
                                known.values.map(::shown).toSet() shouldEqual expected
                            }
                            if (buffer == 8_192) session.statistics().socketDrops() shouldBeGreaterThan 0
                            session.close()
                        }
                    }
                }
        }
    })

/** Creates, marks and removes connections without pauses. */
private fun Conntrack.change(random: Random) {
    val there = (0 until 500).toMutableSet()
    repeat(20_000) {
        val port = random.nextInt(2_000)
        when {
            there.add(port) -> create(connection(udp(port)).mark(random.nextLong(4)))
            random.nextBoolean() -> delete(udp(port)).also { there.remove(port) }
            else -> update(udp(port), ConntrackUpdate.none().mark(random.nextLong(4)))
        }
    }
}

private fun key(entry: ConntrackEntry): Any = entry.id() to entry.original()

private fun shown(entry: ConntrackEntry) =
    listOf(entry.id(), entry.original(), entry.reply(), entry.mark(), entry.status())

/** Prints only the difference: printing whole tables would take minutes. */
private infix fun <T> Set<T>.shouldEqual(expected: Set<T>) {
    withClue("too much") { (this - expected).take(3) shouldBe emptyList() }
    withClue("missing") { (expected - this).take(3) shouldBe emptyList() }
}
