// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.AddressFamily
import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.NatRange
import dev.nfkit.conntrack.ProtocolUpdate
import dev.nfkit.conntrack.SctpState
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.TuplePattern
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.conntrack.table.NewExpectation
import dev.nfkit.linux.LONG
import dev.nfkit.linux.address
import dev.nfkit.linux.connection
import dev.nfkit.linux.tcp
import dev.nfkit.linux.udp
import dev.nfkit.linux.udp6
import dev.nfkit.packet.IpProtocol
import dev.nfkit.socket.SocketOption
import java.time.Duration

private const val NEW_GROUP = 1
private const val DESTROY_GROUP = 3

/** A client of a stage's table that logs what it does and sees. Entries are sorted, since their order is arbitrary. */
private class Table(
    private val stage: Stage,
) : AutoCloseable {
    private val client = Conntrack.open(stage.transport)

    /** Runs a step, and logs its result. */
    fun does(
        what: String,
        action: Conntrack.() -> Any?,
    ) {
        stage.log +=
            "$what: " +
            try {
                when (val result = client.action()) {
                    Unit -> "done"
                    is java.util.Optional<*> -> result.map { logged(it) }.orElse("none")
                    is List<*> -> "${result.size}\n" + result.map { "  ${logged(it)}" }.sorted().joinToString("\n")
                    else -> "$result"
                }
            } catch (e: KernelRefusedException) {
                "${e.errno().name()}${e.kernelText().map { " \"$it\"" }.orElse("")}"
            }
    }

    fun list(filter: ConntrackFilter = ConntrackFilter.all()) = does("list $filter") { list(filter) }

    override fun close() = client.close()
}

private fun logged(thing: Any?): String = if (thing is ConntrackEntry) entry(thing) else "$thing"

/** An entry without its random id, and with its remaining time rounded to ten seconds. */
private fun entry(entry: ConntrackEntry): String {
    val time = if (entry.has(ConntrackAttribute.TIMEOUT)) "${(entry.timeout() + 9) / 10 * 10} s" else "no timeout"
    return "${entry.original()} | ${entry.reply()} | ${ConntrackStatus.of(entry.status())} mark ${entry.mark()} " +
        "zone ${entry.zone()} $time" +
        entry.protocolInfo().map { " ${it.stateName()}" }.orElse("") +
        if (entry.hasHelper()) " helper ${entry.helper()}" else ""
}

private fun Stage.withTable(steps: Table.() -> Unit) = Table(this).use(steps)

/** A listener that logs the events that it receives. */
private class Listener(
    private val stage: Stage,
    private val name: String,
    configure: ConntrackEventOptions.Builder.() -> Unit,
) : AutoCloseable {
    private val events =
        ConntrackEvents.open(stage.transport, ConntrackEventOptions.builder().apply(configure).build())

    fun receive() {
        val heard = mutableListOf<String>()
        while (events.poll<RuntimeException>({ heard += words(it) }, Duration.ZERO) > 0) {
            // until there is no more
        }
        stage.log += "$name receives ${heard.size}"
        heard.forEach { stage.log += "  $it" }
    }

    private fun words(event: ConntrackEvent): String =
        event::class.simpleName + " " +
            when (event) {
                is ConntrackEvent.OfConnection -> entry(event.entry())
                is ConntrackEvent.OfExpectation -> event.expectation().tuple().get()
                is ConntrackEvent.Overrun -> "lost ${event.lost()}"
            }

    override fun close() = events.close()
}

private fun Stage.listener(
    name: String,
    configure: ConntrackEventOptions.Builder.() -> Unit = {},
) = Listener(this, name, configure)

private fun tracked(change: ProtocolUpdate) = ConntrackUpdate.none().protocol(change)

private fun sctp(port: Int) = ConntrackTuple.of(IpProtocol.SCTP, address("10.1.0.1"), port, address("10.1.0.2"), 443)

private fun expectation(
    master: ConntrackTuple,
    port: Int,
) = NewExpectation
    .of(
        master,
        tcp(0, port, "10.1.0.2", "10.1.0.1"),
        ConntrackTuple.tcp(address("255.255.255.255"), 0, address("255.255.255.255"), 65_535),
        Duration.ofSeconds(1),
    ).helper("ftp")

/**
 * End-to-end scenarios of the client. FakeConntrackKernelSpec compares each request with recorded answers of a kernel.
 * Omitted are what packets do to a connection, which the test controls in the model, and ids, use counters and the
 * order of a dump, which differ between kernels.
 */
internal val conntrackScenarios =
    scenarios("conntrack") {
        "a connection is created once, found, and deleted once" {
            withTable {
                does("get") { get(udp(1)) }
                does("create") { create(connection(udp(1))) }
                does("create again") { create(connection(udp(1))) }
                does("create its reply") { create(connection(udp(1).inverted())) }
                does("get") { get(udp(1)) }
                does("get by the reply") { get(udp(1).inverted()) }
                list()
                does("delete") { delete(udp(1)) }
                does("delete") { delete(udp(1)) }
                does("get") { get(udp(1)) }
                list()
            }
        }

        "mark, timeout and status are changed" {
            withTable {
                does("update what does not exist") { update(udp(1), ConntrackUpdate.none().mark(1)) }
                does("create") { create(connection(udp(1)).mark(0xf0)) }
                does("mark") { update(udp(1), ConntrackUpdate.none().mark(0x0f)) }
                does("get") { get(udp(1)) }
                does("part of the mark") { update(udp(1), ConntrackUpdate.none().mark(0xff00, 0xff0f)) }
                does("get") { get(udp(1)) }
                does("timeout") { update(udp(1), ConntrackUpdate.none().timeout(Duration.ofSeconds(1_000))) }
                does("get") { get(udp(1)) }
                for (bit in ConntrackStatus.entries) {
                    does("status $bit") { update(udp(1), ConntrackUpdate.none().status(bit.bit())) }
                    does("get") { get(udp(1)) }
                }
                does("fix the timeout and change it") {
                    update(udp(1), ConntrackUpdate.none().timeout(Duration.ofSeconds(5)))
                }
                does("get") { get(udp(1)) }
            }
        }

        "TCP connections have states, and helpers only from their beginning" {
            withTable {
                does(
                    "create",
                ) { create(connection(tcp(1)).tcpState(TcpState.ESTABLISHED).status(ConntrackStatus.ASSURED)) }
                does("create without a state") { create(connection(tcp(2))) }
                does("get") { get(tcp(1)) }
                does("get") { get(tcp(2)) }
                does("helper") { update(tcp(1), ConntrackUpdate.none().helper("unknown")) }
                does("create with a helper") { create(connection(tcp(3)).helper("unknown")) }
                list(ConntrackFilter.all().tcpState(TcpState.ESTABLISHED))
            }
        }

        "the state of TCP and SCTP is set when a connection is created, and changed".where({ Facts.noSctp }) {
            withTable {
                does("create TCP") { create(connection(tcp(1)).tcpState(TcpState.ESTABLISHED)) }
                does("info") { get(tcp(1)).get().protocolInfo().get() }
                does("create TCP in TIME_WAIT") { create(connection(tcp(2)).tcpState(TcpState.TIME_WAIT)) }
                does("info") { get(tcp(2)).get().protocolInfo().get() }
                does("change the state") { update(tcp(1), tracked(ProtocolUpdate.tcp(TcpState.CLOSE))) }
                does("info") { get(tcp(1)).get().protocolInfo().get() }
                does("change flags") { update(tcp(1), tracked(ProtocolUpdate.tcpFlags(0x1, 0x3))) }
                does("info") { get(tcp(1)).get().protocolInfo().get() }
                does("create SCTP") {
                    create(connection(sctp(1)).protocol(ProtocolUpdate.sctp(SctpState.ESTABLISHED, 1, 2)))
                }
                does("info") { get(sctp(1)).get().protocolInfo().get() }
                does("create SCTP without a state") { create(connection(sctp(2))) }
                does("info") { get(sctp(2)).get().protocolInfo().get() }
                does("change SCTP") {
                    update(sctp(1), tracked(ProtocolUpdate.sctp(SctpState.SHUTDOWN_SENT, 3, 0xffff_ffff)))
                }
                does("info") { get(sctp(1)).get().protocolInfo().get() }
                does("a state that the kernel does not have") {
                    update(sctp(1), tracked(ProtocolUpdate.sctp(SctpState.HEARTBEAT_ACKED, 3, 4)))
                }
                does("info") { get(sctp(1)).get().protocolInfo().get() }
            }
        }

        "an existing connection is changed by a request to create or update it, a missing one is created" {
            withTable {
                val replied = connection(tcp(1)).tcpState(TcpState.ESTABLISHED).status(ConntrackStatus.SEEN_REPLY)
                does("create or update") { createOrUpdate(replied.mark(1)) }
                does("get") { get(tcp(1)) }
                does("assure") { update(tcp(1), ConntrackUpdate.none().status(ConntrackStatus.ASSURED.bit())) }
                does("create or update") { createOrUpdate(replied.mark(2)) }
                does("get") { get(tcp(1)) }
                does("without a status") { createOrUpdate(connection(tcp(1)).mark(3)) }
                does("get") { get(tcp(1)) }
                does("with translation") {
                    createOrUpdate(connection(tcp(1)).sourceNat(NatRange.to(address("10.9.9.9"))))
                }
                does("in another zone") { createOrUpdate(replied.zone(4)) }
                list()
            }
        }

        "zones keep equal tuples apart" {
            withTable {
                for (zone in listOf(0, 7, 65_535)) {
                    does("create in $zone") { create(connection(udp(1)).zone(zone)) }
                }
                does("create in 7") { create(connection(udp(1)).zone(7)) }
                does("get in 7") { get(udp(1), 7) }
                does("get in 8") { get(udp(1), 8) }
                does("update in 8") { update(udp(1), 8, ConntrackUpdate.none().mark(1)) }
                does("update in 7") { update(udp(1), 7, ConntrackUpdate.none().mark(1)) }
                list()
                list(ConntrackFilter.all().zone(7))
                does("delete in 7") { delete(udp(1), 7) }
                does("delete in 7") { delete(udp(1), 7) }
                list()
            }
        }

        "a dump contains what its filter selects" {
            withTable {
                for (port in 1..6) does("create") { create(connection(udp(port)).mark(port.toLong())) }
                does("create") { create(connection(udp6(7)).mark(1)) }
                does("create") { create(connection(tcp(8)).status(ConntrackStatus.ASSURED)) }
                list(ConntrackFilter.all().family(AddressFamily.IPV6))
                list(ConntrackFilter.all().mark(1))
                list(ConntrackFilter.all().mark(1, 1))
                list(ConntrackFilter.all().status(ConntrackStatus.ASSURED))
                list(ConntrackFilter.all().original(TuplePattern.any().sourcePort(3)))
                list(ConntrackFilter.all().reply(TuplePattern.any().destinationPort(4)))
                list(ConntrackFilter.all().original(TuplePattern.any().source(address("10.1.0.1"))).mark(5))
            }
        }

        "a flush removes everything, that of a family only its own" {
            withTable {
                does("create") { create(connection(udp(1))) }
                does("create") { create(connection(udp6(2))) }
                does("create") { create(connection(tcp(3)).zone(5)) }
                does("flush IPv6") { flush(AddressFamily.IPV6) }
                list()
                does("flush") { flush() }
                list()
                does("flush") { flush() }
            }
        }

        "many are deleted by a filter" {
            withTable {
                for (port in 1..20) does("create") { create(connection(udp(port)).mark(port % 2L)) }
                does("delete the odd ones") { deleteAll(ConntrackFilter.all().mark(1)) }
                list()
                does("count") { statistics().entries() }
            }
        }

        "listeners receive the events of others' requests, each by its kinds and filter" {
            listener("all").use { all ->
                listener("ended") { kinds(ConntrackEventKind.DESTROYED) }.use { ended ->
                    listener("marked") { filter(ConntrackFilter.all().mark(1)) }.use { marked ->
                        withTable {
                            does("create") { create(connection(udp(1)).mark(1)) }
                            does("create") { create(connection(tcp(2))) }
                            does("change nothing") { update(udp(1), ConntrackUpdate.none().mark(1)) }
                            does("mark") { update(tcp(2), ConntrackUpdate.none().mark(2)) }
                            does("timeout") { update(tcp(2), ConntrackUpdate.none().timeout(Duration.ofSeconds(77))) }
                            does("assure") {
                                update(
                                    udp(1),
                                    ConntrackUpdate.none().status(
                                        ConntrackStatus.ASSURED.bit() or ConntrackStatus.SEEN_REPLY.bit(),
                                    ),
                                )
                            }
                            does("delete") { delete(udp(1)) }
                            does("delete") { delete(udp(1)) }
                            does("flush") { flush() }
                        }
                        listOf(all, ended, marked).forEach { it.receive() }
                    }
                }
            }
        }

        "a listener with a full buffer receives an overrun".where({ Facts.countsBuffersOtherwise }) {
            listener("slow") { receiveBuffer(8_192) }.use { slow ->
                withTable {
                    for (port in 1..60) does("create") { create(connection(udp(port))) }
                    slow.receive()
                    does("create") { create(connection(udp(100))) }
                    slow.receive()
                }
            }
        }

        "a multicast group is joined and left, and an unknown one is refused" {
            val a = socket("a", quiet = false)
            withTable {
                a.group("join", SocketOption.ADD_MEMBERSHIP, NEW_GROUP)
                a.group("join", SocketOption.ADD_MEMBERSHIP, NEW_GROUP)
                a.group("join", SocketOption.ADD_MEMBERSHIP, DESTROY_GROUP)
                does("create") { create(connection(udp(1))) }
                a.receive(brief = true)
                a.group("leave", SocketOption.DROP_MEMBERSHIP, NEW_GROUP)
                a.group("leave", SocketOption.DROP_MEMBERSHIP, NEW_GROUP)
                does("create") { create(connection(udp(2))) }
                does("delete") { delete(udp(1)) }
                a.receive(brief = true)
                a.group("join", SocketOption.ADD_MEMBERSHIP, 33)
            }
        }

        "a connection times out" {
            withTable {
                does("create") { create(NewConnection.of(udp(1), Duration.ofSeconds(1))) }
                does("create") { create(NewConnection.of(udp(2), LONG)) }
                elapse(Duration.ofMillis(2_500))
                does("get") { get(udp(1)) }
                list()
            }
        }

        "expectations of a helper".where({ Facts.noFtpHelper }) {
            withTable {
                val master = tcp(40_000, 21)
                does("expect without a master") { expectations().create(expectation(master, 5_000)) }
                does("create") { create(connection(master).helper("ftp")) }
                does("get") { get(master) }
                does("expect") { expectations().create(expectation(master, 5_000)) }
                does("expect again") { expectations().create(expectation(master, 5_000)) }
                does("found") { expectations().get(expectation(master, 5_000).tuple()).map { "${it.tuple().get()}" } }
                does("listed") { expectations().list().map { "${it.tuple().get()} ${it.helper().get()}" } }
                does("delete") { expectations().delete(expectation(master, 5_000).tuple()) }
                does("delete") { expectations().delete(expectation(master, 5_000).tuple()) }
                does("expect") { expectations().create(expectation(master, 5_001)) }
                does("flush another helper's") { expectations().flush("sip") }
                does("listed") { expectations().list().map { "${it.tuple().get()}" } }
                does("the master ends") { delete(master) }
                does("listed") { expectations().list().map { "${it.tuple().get()}" } }
            }
        }
    }
