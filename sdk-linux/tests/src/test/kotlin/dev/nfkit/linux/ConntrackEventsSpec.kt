// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.TuplePattern
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEvent.Destroyed
import dev.nfkit.conntrack.event.ConntrackEvent.New
import dev.nfkit.conntrack.event.ConntrackEvent.OfConnection
import dev.nfkit.conntrack.event.ConntrackEvent.Updated
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.packet.IpProtocol
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainInOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

internal fun Namespace.events(configure: ConntrackEventOptions.Builder.() -> Unit = {}): ConntrackEvents =
    ConntrackEvents.open(transport, ConntrackEventOptions.builder().apply(configure).build())

/** Receives owned events until one matches. Returns all of them. */
internal fun ConntrackEvents.until(
    what: String,
    wanted: (ConntrackEvent) -> Boolean,
): List<ConntrackEvent> {
    val taken = mutableListOf<ConntrackEvent>()
    eventually(what) {
        poll<RuntimeException>({ taken += it.copy() }, Duration.ofMillis(10))
        taken.any(wanted)
    }
    return taken
}

/** Receives the events on the socket until no more arrive: those sent before this call. */
internal fun ConntrackEvents.rest(): List<ConntrackEvent> {
    val taken = mutableListOf<ConntrackEvent>()
    stop()
    run<RuntimeException> { taken += it.copy() }
    return taken
}

private fun List<ConntrackEvent>.of(tuple: ConntrackTuple) =
    filterIsInstance<OfConnection>().filter { it.entry().original() == tuple }

private fun state(event: ConntrackEvent): String? =
    (event as? OfConnection)
        ?.entry()
        ?.protocolInfo()
        ?.map { it.stateName() }
        ?.orElse(null)

private fun name(event: ConntrackEvent): String = event::class.simpleName!!

class ConntrackEventsSpec :
    FunSpec({
        test(
            "a UDP flow causes events when it begins, is answered and ends",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                tune("nf_conntrack_acct", 1)
                tune("nf_conntrack_timestamp", 1)
                events().use { events ->
                    val server = inside { DatagramSocket(4001, address("127.0.0.1")) }
                    val client = inside { DatagramSocket(4000, address("127.0.0.1")) }
                    val tuple = udp(4000, 4001, "127.0.0.1", "127.0.0.1")
                    client.use {
                        server.use {
                            repeat(2) {
                                client.send(DatagramPacket(ByteArray(10), 10, server.localSocketAddress))
                                server.send(DatagramPacket(ByteArray(20), 20, client.localSocketAddress))
                            }
                        }
                    }
                    table.delete(tuple) shouldBe true
                    val reported = events.rest().of(tuple)
                    reported.map(::name).distinct() shouldContainExactly listOf("New", "Updated", "Destroyed")
                    val new = (reported.first() as New).entry()
                    new.reply() shouldBe tuple.inverted()
                    new.`is`(ConntrackStatus.CONFIRMED) shouldBe true
                    new.`is`(ConntrackStatus.SEEN_REPLY) shouldBe false
                    new.timeout() shouldBeGreaterThan 0
                    reported
                        .filterIsInstance<Updated>()
                        .first()
                        .entry()
                        .`is`(ConntrackStatus.SEEN_REPLY) shouldBe true
                    val end = (reported.last() as Destroyed).entry()
                    end.id() shouldBe new.id()
                    end.packets(Direction.ORIGINAL) shouldBe 2
                    end.bytes(Direction.ORIGINAL) shouldBe 2 * (28 + 10)
                    end.bytes(Direction.REPLY) shouldBe 2 * (28 + 20)
                    end.startNanos() shouldBeLessThanOrEqual end.stopNanos()
                    events.statistics().socketDrops() shouldBe 0
                }
            }
        }

        test("a TCP connection causes events with its states").config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                events().use { events ->
                    val tuple =
                        TcpPair(this, 4001).use {
                            it.send("hello")
                            it.tuple
                        }
                    val reported = events.until("the connection has ended") { state(it) == "TIME_WAIT" }.of(tuple)
                    reported.map(::state) shouldContainInOrder
                        listOf("SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "LAST_ACK", "TIME_WAIT")
                    reported.first()::class shouldBe New::class
                    reported.count { it is New } shouldBe 1
                    reported.single { state(it) == "ESTABLISHED" }.entry().`is`(ConntrackStatus.ASSURED) shouldBe true
                    table.flush()
                    events.until("it is removed") { it is Destroyed }.of(tuple).map(::name) shouldContainExactly
                        listOf("Destroyed")
                }
            }
        }

        test("pings of both families cause events with their id").config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                events().use { events ->
                    exec("ping", "-q", "-c", "1", "127.0.0.1")
                    exec("ping", "-q", "-c", "1", "::1")
                    table.flush()
                    val reported = events.rest().filterIsInstance<OfConnection>()
                    for ((protocol, query) in listOf(IpProtocol.ICMP to 8, IpProtocol.ICMPV6 to 128)) {
                        val pings =
                            reported.filter {
                                it.entry().protocol() == protocol &&
                                    it.entry().original().icmpType() == query
                            }
                        pings.map(::name) shouldContainInOrder listOf("New", "Updated", "Destroyed")
                        pings.map { it.entry().original().icmpId() }.toSet().size shouldBe 1
                        pings.map { it.entry().id() }.toSet().size shouldBe 1
                    }
                }
            }
        }

        test(
            "a change of mark and labels causes an event with the new values",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                table.create(connection(udp(1)))
                events { kinds(ConntrackEventKind.UPDATED) }.use { events ->
                    table.create(connection(udp(2)))
                    table.update(udp(2), ConntrackUpdate.none().mark(9))
                    table.delete(udp(2))
                    val reported = events.rest()
                    reported.map(::name) shouldContainExactly listOf("Updated")
                    (reported.single() as Updated).entry().mark() shouldBe 9
                    (reported.single() as Updated).entry().original() shouldBe udp(2)
                }
            }
        }

        /**
         * Runs filtered sessions in addition to one for all events. Each receives the events of that one that match,
         * and the kernel rejects the others.
         */
        fun filtered(
            filters: List<ConntrackFilter>,
            traffic: Namespace.(Conntrack) -> Unit,
        ) = withTable { table ->
            val sessions = filters.map { filter -> filter to events { filter(filter) } }
            events().use { all ->
                traffic(table)
                val reported = all.rest().map { it as OfConnection }
                for ((filter, session) in sessions) {
                    withClue("$filter of ${reported.size}") {
                        val wanted = reported.filter { filter.matches(it.entry()) }
                        wanted.shouldNotBeEmpty()
                        (reported.size - wanted.size).toLong() shouldBeGreaterThan 0

                        fun line(event: ConntrackEvent) = "${name(event)} ${(event as OfConnection).entry()}"
                        session.rest().map(::line) shouldContainExactly wanted.map(::line)
                        session.statistics().filtered() shouldBe 0
                        session.statistics().socketDrops() shouldBe 0
                        session.close()
                    }
                }
            }
        }

        test("the kernel sends only matching events: families, protocols, addresses, ports")
            .config(enabledOrReasonIf = needsNamespaces) {
                val any = TuplePattern.any()
                filtered(
                    listOf(
                        ConntrackFilter.all().family(AddressFamily.IPV4),
                        ConntrackFilter.all().family(AddressFamily.IPV6),
                        ConntrackFilter.all().original(any.protocol(IpProtocol.TCP)),
                        ConntrackFilter.all().original(any.protocol(IpProtocol.UDP).destinationPort(4001)),
                        ConntrackFilter.all().original(any.protocol(IpProtocol.ICMP).icmpType(8)),
                        ConntrackFilter.all().original(any.destination(address("127.0.0.2"))),
                        ConntrackFilter.all().original(any.destination(address("127.0.0.2"), 31)),
                        ConntrackFilter.all().original(any.destination(address("127.0.0.0"), 30)),
                        ConntrackFilter.all().reply(any.source(address("::1"))),
                        ConntrackFilter.all().original(any.source(address("::"), 127)),
                        ConntrackFilter.all().original(TuplePattern.of(udp(4000, 4001, "127.0.0.1", "127.0.0.1"))),
                    ),
                ) { table ->
                    sendUdp(4000, 4001)
                    sendUdp(4002, 4003, "::1")
                    for (last in 2..5) sendUdp(4004, 4005, "127.0.0.$last")
                    TcpPair(this, 4001).use { it.send("hello") }
                    exec("ping", "-q", "-c", "1", "127.0.0.3")
                    table.flush()
                }
            }

        test("the kernel sends only matching events: state, mark, status, zone")
            .config(enabledOrReasonIf = needsNamespaces) {
                filtered(
                    listOf(
                        ConntrackFilter.all().tcpState(TcpState.ESTABLISHED),
                        ConntrackFilter.all().tcpState(TcpState.SYN_SENT),
                        ConntrackFilter.all().mark(7),
                        ConntrackFilter.all().mark(2, 2),
                        ConntrackFilter.all().mark(0),
                        ConntrackFilter.all().status(ConntrackStatus.ASSURED),
                        ConntrackFilter.all().zone(5),
                        ConntrackFilter.all().zone(0),
                        ConntrackFilter.all().mark(7).zone(5),
                    ),
                ) { table ->
                    for (mark in 0L..7L) {
                        table.create(connection(udp(mark.toInt() + 1)).mark(mark))
                        table.create(connection(udp(mark.toInt() + 1)).mark(mark).zone(5))
                    }
                    TcpPair(this, 4001).use { it.send("hello") }
                    table.flush()
                }
            }

        test("several filters match what at least one of them matches").config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                val session =
                    events {
                        filter(ConntrackFilter.all().mark(1))
                        filter(
                            ConntrackFilter.all().original(TuplePattern.any().protocol(IpProtocol.UDP).sourcePort(4)),
                        )
                        kinds(ConntrackEventKind.NEW)
                    }
                for (port in 1..6) table.create(connection(udp(port)).mark(port % 3L))
                session.rest().map { (it as New).entry().original().sourcePort() } shouldContainExactly listOf(1, 4)
                session.close()
            }
        }

        test(
            "a stop delivers the events on the socket, and a close counts them",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                val stopped = events()
                val closed = events()
                repeat(50) { table.create(connection(udp(it))) }
                stopped.stop()
                stopped.run<RuntimeException> { } shouldBe 50L
                stopped.statistics().discarded() shouldBe 0
                stopped.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
                closed.close()
                closed.statistics().discarded() shouldBe 50
                closed.statistics().delivered() shouldBe 0
                table.create(connection(udp(1_000)))
                closed.statistics().discarded() shouldBe 50
            }
        }

        test("a stop from another thread ends a waiting run").config(enabledOrReasonIf = needsNamespaces) {
            withTable {
                events().use { events ->
                    val run = CompletableFuture.supplyAsync { events.run<RuntimeException> { } }
                    events.wakeup() // and the run continues
                    events.stop()
                    run.get(BOUND_SECONDS, TimeUnit.SECONDS) shouldBe 0L
                }
            }
        }

        test("each namespace has its own events").config(enabledOrReasonIf = needsNamespaces) {
            withTable { mine ->
                val here = this
                withTable { other ->
                    val session = here.events()
                    other.create(connection(udp(1)))
                    mine.create(connection(udp(2)))
                    session.rest().map { (it as New).entry().original() } shouldContainExactly listOf(udp(2))
                    mine.all().single().has(ConntrackAttribute.ID) shouldBe true
                    session.close()
                }
            }
        }
    })
