// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.codec.EntryAttributes
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventKind.DESTROYED
import dev.nfkit.conntrack.event.ConntrackEventKind.NEW
import dev.nfkit.conntrack.event.ConntrackEventKind.UPDATED
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import java.net.InetAddress
import java.nio.ByteOrder
import java.time.Duration
import kotlin.concurrent.thread

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53)).timeout(1_000_000)

private fun tuple(
    source: String,
    port: Int,
) = ConntrackTuple.udp(InetAddress.getByName(source), port, InetAddress.getByName("10.0.0.2"), 53)

/** Changes the kernel's table as time passes. */
private class Table(
    val scenario: Scenario,
) {
    private val model = scenario.kernel.conntrack()
    private val ids = mutableListOf<Long>()
    private var port = 1000

    fun add(count: Int) = repeat(count) { ids += model.add(udp(port++)) }

    fun change() {
        if (ids.isEmpty() || scenario.chance(3)) return add(1 + scenario.random.nextInt(3))
        val id = ids[scenario.random.nextInt(ids.size)]
        when {
            model.connection(id).isEmpty -> ids.remove(id)
            scenario.chance(2) -> model.change(id) { it.mark(scenario.random.nextLong(1, 100)) }
            else -> model.expire(id).also { ids.remove(id) }
        }
    }

    fun ports(): List<Int> = model.connections().map { portOf(it) }.sorted()

    private fun portOf(sample: SampleConntrack): Int {
        val order = ByteOrder.nativeOrder()
        return ConntrackEntry(EntryAttributes.owned(sample.toAttributes(order), order)).port()
    }
}

private fun ConntrackEntry.port() =
    if (has(ConntrackAttribute.TUPLE_ORIG) && original().hasPorts()) original().sourcePort() else -1

/** Faults that the kernel never causes, and that a client cannot detect without knowing the table. */
private fun Scenario.faithful() =
    without(
        Fault.FlippedBit::class.java,
        Fault.Reordered::class.java,
        Fault.Duplicated::class.java,
        Fault.RefusedAcknowledgement::class.java,
    )

private fun Scenario.client() {
    val table = Table(this)
    table.add(random.nextInt(300))
    val client = ours { Conntrack.open(transport) }
    if (client != null) {
        repeat(3 + random.nextInt(10)) { step(client, table) }
        if (chance(4)) {
            val other = thread(name = "closer") { client.close() }
            repeat(5) { step(client, table) }
            other.join()
        }
        client.close()
        ours { client.list(ConntrackFilter.all()) }
    }
    ended()
}

private fun Scenario.step(
    client: Conntrack,
    table: Table,
) {
    when (random.nextInt(9)) {
        0, 1, 2 -> {
            val seen = mutableListOf<Int>()
            val result =
                ours {
                    client.dump<Deliberate> {
                        if (chance(200)) throw Deliberate()
                        seen += it.port()
                    }
                }
            if (result != null && !result.interrupted() && faithful()) {
                check(seen.sorted() == table.ports()) { "a dump that is reported as complete has ${seen.size} entries" }
            }
        }

        3 -> {
            val port = 1000 + random.nextInt(20)
            val wanted = tuple("10.0.0.1", port)
            val found = ours { client.get(wanted) }
            if (found != null && faithful()) {
                check(
                    found.isPresent == port in table.ports(),
                ) { "port $port is ${if (found.isPresent) "" else "not "}there" }
            }
        }

        4 -> {
            ours { client.statistics() }
        }

        5 -> {
            val wanted = tuple("10.0.0.9", 1 + random.nextInt(5))
            ours { client.create(NewConnection.of(wanted, Duration.ofSeconds(30))) }
            ours { client.update(wanted, ConntrackUpdate.none().mark(3)) }
            ours { client.delete(wanted) }
        }

        6 -> {
            ours { client.expectations().list() }
        }

        7 -> {
            ours { client.cpuStatistics() }
        }

        else -> {
            table.change()
        }
    }
}

private fun Scenario.mirror() {
    val table = Table(this)
    table.add(random.nextInt(20))
    val events =
        ours {
            ConntrackEvents.open(transport, ConntrackEventOptions.builder().kinds(NEW, UPDATED, DESTROYED).build())
        }
    val client = ours { Conntrack.open(transport) }
    if (events != null && client != null) {
        val mirror = ConntrackMirror(client, ConntrackFilter.all())
        var whole = false

        fun apply(event: ConntrackEvent) {
            if (ours { mirror.apply<Deliberate>(event) { } } == null) whole = false
        }

        fun poll(timeout: Duration) = ours { events.poll<Deliberate>({ apply(it) }, timeout) }

        fun resynchronise() {
            whole = ours { mirror.resynchronise<Deliberate> { } }?.complete() ?: false
        }
        resynchronise()
        repeat(4 + random.nextInt(20)) {
            when (random.nextInt(5)) {
                0, 1 -> repeat(1 + random.nextInt(5)) { table.change() }
                2 -> poll(Duration.ZERO)
                3 -> poll(Duration.ofMillis(10))
                else -> if (!whole) resynchronise()
            }
        }
        var end: Int? = 0
        var quiet = 0
        repeat(POLLS) {
            if (quiet < 3 && end != -1) {
                end = poll(Duration.ZERO)
                quiet = if (end == 0) quiet + 1 else 0
            }
        }
        if (whole && end == 0 && faithful() && without(Fault.Silence::class.java, Fault.Closed::class.java)) {
            val mirrored = mirror.entries().map { it.port() }.sorted()
            check(mirrored == table.ports()) { "the mirror has $mirrored, the table ${table.ports()}" }
        }
        if (random.nextBoolean()) {
            events.stop()
            untilEnd { events.poll<Deliberate>({ }, Duration.ofSeconds(1)) }
        }
        events.statistics()
    }
    events?.close()
    client?.close()
    ended()
}

class ConntrackFaultSuiteSpec :
    FunSpec({
        test("with any faults, a client of the table answers correctly or reports a failure")
            .config(timeout = LONG) {
                explore(100) { client() }
            }

        test("with any faults, a mirror equals the table again in the end")
            .config(timeout = LONG) {
                explore(100) { mirror() }
            }
    })
