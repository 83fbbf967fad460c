// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackAttribute.COUNTERS_ORIG
import dev.nfkit.conntrack.ConntrackAttribute.COUNTERS_REPLY
import dev.nfkit.conntrack.ConntrackAttribute.HELP
import dev.nfkit.conntrack.ConntrackAttribute.ID
import dev.nfkit.conntrack.ConntrackAttribute.LABELS
import dev.nfkit.conntrack.ConntrackAttribute.MARK
import dev.nfkit.conntrack.ConntrackAttribute.PROTOINFO
import dev.nfkit.conntrack.ConntrackAttribute.STATUS
import dev.nfkit.conntrack.ConntrackAttribute.SYNPROXY
import dev.nfkit.conntrack.ConntrackAttribute.TIMEOUT
import dev.nfkit.conntrack.ConntrackAttribute.TIMESTAMP
import dev.nfkit.conntrack.ConntrackAttribute.USE
import dev.nfkit.conntrack.ConntrackAttribute.ZONE
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackExpectation
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.ProtocolInfo
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.testkit.ReplayTransport
import dev.nfkit.trace.Trace
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.net.InetAddress
import java.time.Duration

private fun tuple(tuple: ConntrackTuple): String {
    val hex = { address: InetAddress -> address.address.joinToString("") { "%02x".format(it) } }
    val part =
        when {
            tuple.hasPorts() -> "/${tuple.sourcePort()}/${tuple.destinationPort()}"
            tuple.hasIcmp() -> "/id${tuple.icmpId()}/${tuple.icmpType()}.${tuple.icmpCode()}"
            else -> ""
        }
    val zone = if (tuple.zone().isPresent) "/zone${tuple.zone().asInt}" else ""
    return "${tuple.protocol()}/${hex(tuple.source())}/${hex(tuple.destination())}$part$zone"
}

private fun protocol(entry: ConntrackEntry): String? =
    (entry.protocolInfo().orElse(null) as? ProtocolInfo.Tcp)?.let {
        "tcp/${it.state()}/${it.wscaleOriginal()}/${it.wscaleReply()}/${it.flagsOriginal()}/${it.flagsReply()}"
    }

private fun time(
    kind: String,
    entry: ConntrackEntry,
): String = "${entry.startNanos()}" + if (kind == "destroy") "/${entry.stopNanos()}" else ""

/** An entry in the format of the independent decoder. An ended TCP connection only has its state. */
private fun describe(
    kind: String,
    entry: ConntrackEntry,
): String =
    listOfNotNull(
        kind,
        "family=${entry.family().number()}",
        "tuple_orig=${tuple(entry.original())}",
        "tuple_reply=${tuple(entry.reply())}",
        "status=${entry.status()}".takeIf { entry.has(STATUS) },
        "protoinfo=${if (kind == "destroy") "tcp/${entry.protocolState()}" else protocol(entry)}"
            .takeIf { entry.has(PROTOINFO) },
        "help=${if (entry.has(HELP)) entry.helper() else ""}".takeIf { entry.has(HELP) },
        "timeout=${if (entry.has(TIMEOUT)) entry.timeout() else 0}".takeIf { entry.has(TIMEOUT) },
        "mark=${entry.mark()}".takeIf { entry.has(MARK) },
        counters(entry, "counters_orig", Direction.ORIGINAL).takeIf { entry.has(COUNTERS_ORIG) },
        counters(entry, "counters_reply", Direction.REPLY).takeIf { entry.has(COUNTERS_REPLY) },
        "use=${if (entry.has(USE)) entry.use() else 0}".takeIf { entry.has(USE) },
        "id=${entry.id()}".takeIf { entry.has(ID) },
        "zone=${entry.zone()}".takeIf { entry.has(ZONE) },
        "timestamp=${if (entry.has(TIMESTAMP)) time(kind, entry) else ""}".takeIf { entry.has(TIMESTAMP) },
        "labels=${if (entry.has(LABELS)) {
            entry
                .labels()
                .stream()
                .toArray()
                .joinToString(",")
        } else {
            ""
        }}"
            .takeIf { entry.has(LABELS) },
        "synproxy=${if (entry.has(SYNPROXY)) entry.synProxy().let { "${it.isn()}/${it.its()}/${it.tsoff()}" } else ""}"
            .takeIf { entry.has(SYNPROXY) },
    ).joinToString(" ")

private fun counters(
    entry: ConntrackEntry,
    name: String,
    direction: Direction,
) = if (entry.hasCounters(direction)) "$name=${entry.packets(direction)}/${entry.bytes(direction)}" else ""

private fun describe(
    kind: String,
    expectation: ConntrackExpectation,
): String =
    listOfNotNull(
        kind,
        "family=${expectation.family().number()}",
        "master=${tuple(expectation.master().get())}",
        "tuple=${tuple(expectation.tuple().get())}",
        "mask=${tuple(expectation.mask().get())}",
        "timeout=${expectation.timeout().asLong}",
        "id=${expectation.id().asLong}",
        "help_name=${expectation.helper().get()}",
        "flags=${expectation.flags()}",
        "class=${expectation.helperClass()}",
    ).joinToString(" ")

private fun describe(event: ConntrackEvent): String =
    when (event) {
        is ConntrackEvent.New -> describe("new", event.entry())
        is ConntrackEvent.Updated -> describe("update", event.entry())
        is ConntrackEvent.Destroyed -> describe("destroy", event.entry())
        is ConntrackEvent.ExpectationNew -> describe("expect", event.expectation())
        is ConntrackEvent.ExpectationDestroyed -> describe("unexpect", event.expectation())
        else -> "unexpected $event"
    }

private fun resource(name: String) =
    checkNotNull(ConntrackTracesSpec::class.java.getResourceAsStream("/traces/ctnetlink/$name")) { "no resource $name" }

/** The entries that an independent decoder, which only knows the protocol's tables, found in a recording. */
private fun expected(name: String) = resource("$name.expected").bufferedReader().readLines()

private fun trace(name: String) = resource("$name.pcap").use { Trace.read(it, name) }

private fun events(
    name: String,
    vararg kinds: ConntrackEventKind,
): List<String> {
    val reported = mutableListOf<String>()
    val options = ConntrackEventOptions.builder().kinds(kinds.first(), *kinds.drop(1).toTypedArray()).build()
    ConntrackEvents.open(ReplayTransport.lenient(trace(name)), options).use { events ->
        while (events.poll<RuntimeException>({ reported += describe(it) }, Duration.ofSeconds(10)) >= 0) {
            // until the recording ends
        }
    }
    return reported
}

private fun entries(
    client: Conntrack,
    filter: ConntrackFilter = ConntrackFilter.all(),
): List<String> = client.list(filter).map { describe("entry", it) }

/** The recorded traces of ctnetlink, compared with the results of an independent decoder. */
class ConntrackTracesSpec :
    FunSpec({
        val all = ConntrackEventKind.values()

        test("events of connections, field by field") {
            events("ctnetlink-events", *all) shouldContainExactly
                expected("ctnetlink-events").filterNot { it.startsWith("entry") }
        }

        test("events with counters, timestamps, translation, zone, label and helper, and of expectations") {
            events("ctnetlink-events-counted", *all) shouldContainExactly expected("ctnetlink-events-counted")
        }

        test("only events of joined groups arrive") {
            events("ctnetlink-events-counted", ConntrackEventKind.DESTROYED, ConntrackEventKind.EXPECTATION_NEW)
                .map { it.substringBefore(' ') } shouldContainExactly
                expected("ctnetlink-events-counted")
                    .map { it.substringBefore(' ') }
                    .filter { it == "destroy" || it == "expect" }
        }

        test("a dump of the table, field by field") {
            Conntrack.open(ReplayTransport.lenient(trace("ctnetlink-dump"))).use {
                entries(it) shouldContainExactly expected("ctnetlink-dump")
                // A recording answers any number of times.
                entries(it) shouldContainExactly expected("ctnetlink-dump")
            }
        }

        test("answers to filters are for the same filters, in any order of the requests") {
            val lines = expected("ctnetlink-dump-filtered")
            Conntrack.open(ReplayTransport.lenient(trace("ctnetlink-dump-filtered"))).use {
                entries(it, ConntrackFilter.all().mark(0x66)) shouldBe emptyList()
                entries(it, ConntrackFilter.all().family(dev.nfkit.AddressFamily.IPV6)) shouldContainExactly
                    lines.take(2)
            }
        }

        test("a dump of expectations") {
            Conntrack.open(ReplayTransport.lenient(trace("ctnetlink-expectations"))).use {
                it.expectations().list().map { each -> describe("expectation", each) } shouldContainExactly
                    expected("ctnetlink-expectations")
            }
        }

        test("statistics of processors and of the table") {
            Conntrack.open(ReplayTransport.lenient(trace("ctnetlink-stats"))).use { client ->
                val lines =
                    client.cpuStatistics().map { of ->
                        val counters = of.values().entries.joinToString(" ") { "${it.key.key()}=${it.value}" }
                        "cpu cpu=${of.cpu()} $counters"
                    }
                val global = client.statistics()
                (lines + "global entries=${global.entries()} max_entries=${global.maxEntries()}") shouldContainExactly
                    expected("ctnetlink-stats")
            }
        }

        test("requests are answered as recorded: found, missing, refused, acknowledged") {
            val tuple = { port: Int ->
                ConntrackTuple.udp(InetAddress.getByName("192.0.2.1"), port, InetAddress.getByName("192.0.2.2"), 53)
            }
            Conntrack.open(ReplayTransport.lenient(trace("ctnetlink-requests"))).use { client ->
                describe("entry", client.get(tuple(1000)).get()) shouldBe expected("ctnetlink-requests").first()
                client.get(tuple(1009)).isPresent shouldBe false
                client.update(tuple(1000), ConntrackUpdate.none().mark(0x11))
                shouldThrow<KernelRefusedException> { client.cpuStatistics() }.message shouldContain
                    "the recording has no answer to such a request"
                client.dumpAndResetCounters<RuntimeException>(ConntrackFilter.all()) {}.delivered() shouldBe 5
            }
        }
    })
