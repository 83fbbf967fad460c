// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessResolver
import dev.nfkit.process.UnknownReason
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.Schemas
import dev.nfkit.samples.cli.await
import dev.nfkit.samples.cli.conntrack.arguments.ChangeArguments
import dev.nfkit.samples.cli.conntrack.arguments.EntryArguments
import dev.nfkit.samples.cli.conntrack.arguments.EntryOptions
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection
import dev.nfkit.samples.cli.conntrack.arguments.MaskArguments
import dev.nfkit.samples.cli.conntrack.arguments.NatArguments
import dev.nfkit.samples.cli.conntrack.arguments.ProtocolArguments
import dev.nfkit.samples.cli.conntrack.arguments.TupleArguments
import dev.nfkit.samples.cli.conntrack.names.LabelNames
import dev.nfkit.samples.cli.conntrack.print.counters
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.run.Failure
import dev.nfkit.testkit.FakeConntrack
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeProcesses
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import java.io.ByteArrayOutputStream
import java.net.InetAddress
import java.time.Duration

/** The options of a command line without arguments. */
private fun noOptions() =
    EntryOptions(
        TupleArguments(),
        MaskArguments(),
        EntryArguments(),
        ProtocolArguments(),
        ChangeArguments(),
        NatArguments(),
        LabelNames(listOf()),
    )

/** A fake kernel's table that is sampled with a clock of its own. */
private class Watched(
    accounting: Boolean = true,
    processes: ProcessResolver = ProcessResolver.none(),
) : AutoCloseable {
    private val transport = FakeNetfilter(TestClock.manual())
    val kernel: FakeConntrack = transport.conntrack().apply { settings().accounting(accounting) }
    val table: Conntrack = Conntrack.open(transport)
    private val top =
        TopTable(
            EntrySelection.of(noOptions()),
            transport::nanoTime,
            processes,
        )

    fun connection(
        port: Int,
        packets: Long = 0,
        bytes: Long = 0,
    ): Long =
        kernel.add(
            SampleConntrack
                .of(SampleTuple.tcp("10.0.0.1", port, "10.0.0.2", 80))
                .tcp(3)
                .counters(packets, bytes, 0, 0),
        )

    fun count(
        id: Long,
        packets: Long,
        bytes: Long,
        replyPackets: Long = 0,
        replyBytes: Long = 0,
    ) = kernel.change(id) { it.counters(packets, bytes, replyPackets, replyBytes) }

    fun look(
        after: Duration = Duration.ZERO,
        order: TopTable.Order = TopTable.Order.BYTES,
        rows: Int = 10,
    ): TopTable.Sample {
        transport.clock().advance(after)
        return top.look(table, order, rows)
    }

    override fun close() = table.close()
}

private val twoSeconds = Duration.ofSeconds(2)

class TopSpec :
    FunSpec({
        test("rates are the growth of the counters between two samples, divided by the time between them") {
            Watched().use { watched ->
                val id = watched.connection(1000, 10, 1000)
                watched.look().let {
                    it.bytesPerSecond() shouldBe 0
                    it.created() shouldBe 0
                }
                watched.count(id, 14, 3000, 6, 500)
                val sample = watched.look(twoSeconds)
                sample.seconds() shouldBe 2.0
                sample.bytesPerSecond() shouldBe 1250
                sample.packetsPerSecond() shouldBe 5
                val busiest = sample.busiest().single()
                busiest.id() shouldBe id
                busiest.sent().bytesPerSecond() shouldBe 1000
                busiest.sent().packetsPerSecond() shouldBe 2
                busiest.received().bytesPerSecond() shouldBe 250
                busiest.received().packetsPerSecond() shouldBe 3
                busiest.bytes() shouldBe 3500
                busiest.state() shouldBe "ESTABLISHED"
                watched.look(twoSeconds).bytesPerSecond() shouldBe 0
            }
        }

        test("the busiest come first, by bytes or by packets, up to the requested number") {
            Watched().use { watched ->
                val ids = (1..4).map { watched.connection(it) }
                watched.look()
                watched.count(ids[0], 1, 100)
                watched.count(ids[1], 9, 90)
                watched.count(ids[2], 2, 5000)

                fun order(sample: TopTable.Sample) = sample.busiest().map { it.id() }
                order(watched.look(twoSeconds, rows = 2)) shouldContainExactly listOf(ids[2], ids[0])
                watched.count(ids[0], 2, 200)
                watched.count(ids[1], 18, 180)
                order(watched.look(twoSeconds, TopTable.Order.PACKETS, 2)) shouldContainExactly listOf(ids[1], ids[0])
            }
        }

        test("a new connection counts from zero, and an ended one is gone") {
            Watched().use { watched ->
                val first = watched.connection(1, 5, 500)
                watched.look()
                watched.kernel.remove(first)
                val second = watched.connection(2, 4, 800)
                val sample = watched.look(twoSeconds)
                sample.created() shouldBe 1
                sample.ended() shouldBe 1
                sample.connections() shouldBe 1
                sample.busiest().single().id() shouldBe second
                sample.bytesPerSecond() shouldBe 400
            }
        }

        test("counters that were reset meanwhile count from zero") {
            Watched().use { watched ->
                val id = watched.connection(1, 50, 5000)
                watched.look()
                watched.count(id, 2, 200)
                watched.look(twoSeconds).bytesPerSecond() shouldBe 100
            }
        }

        test("an interrupted dump ends no connection, and connections in the next dump are not new traffic") {
            Watched().use { watched ->
                watched.connection(9)
                val id = watched.connection(1, 1, 100)
                watched.look()
                watched.kernel.interruptDumps(1)
                watched.kernel.remove(id)
                watched.look(twoSeconds).let {
                    it.ended() shouldBe 0
                    it.connections() shouldBe 1
                }
                watched.connection(2, 1_000, 1_000_000)
                val sample = watched.look(twoSeconds)
                sample.ended() shouldBe 1
                sample.created() shouldBe 1
                sample.bytesPerSecond() shouldBe 0
            }
        }

        test("a connection that one sample misses is identified again in the next") {
            Watched().use { watched ->
                val id = watched.connection(1, 1, 100)
                watched.look()
                watched.kernel.remove(id)
                watched.look(twoSeconds).ended() shouldBe 1
                watched.kernel.add(
                    SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 1, "10.0.0.2", 80)).id(id).counters(9, 900, 0, 0),
                )
                val sample = watched.look(twoSeconds)
                sample.created() shouldBe 0
                sample.busiest().single().bytesPerSecond() shouldBe 200
                watched.kernel.remove(id)
                watched.look(twoSeconds).ended() shouldBe 1
                watched.look(twoSeconds).ended() shouldBe 0
            }
        }

        test("if nothing is counted, the screen shows it, with advice") {
            Watched(accounting = false).use { watched ->
                watched.kernel.add(SampleConntrack.of(SampleTuple.tcp("10.0.0.1", 1, "10.0.0.2", 80)))
                watched.look().uncounted() shouldBe 1
                val lines = TopScreen.lines(watched.look(twoSeconds), 200)
                lines[1] shouldContain "1 without counters: "
                lines[1] shouldContain "net.netfilter.nf_conntrack_acct=1"
                val settings = TopRun.Settings(TopTable.Order.BYTES, 5, 1, 1, false, false)
                val top =
                    TopTable(
                        EntrySelection.of(noOptions()),
                    ) { 0 }
                val failure =
                    shouldThrow<Failure> {
                        TopRun(watched.table, top, settings, TextOutput(ByteArrayOutputStream())).await()
                    }
                failure.exitCode() shouldBe 2
                failure.message shouldContain "net.netfilter.nf_conntrack_acct=1"
            }
        }

        test("lines are as wide as the terminal, with more columns if it is wide") {
            Watched().use { watched ->
                val id = watched.connection(1000)
                watched.look()
                watched.count(id, 2_000, 3_000_000, 10, 999)
                val sample = watched.look(twoSeconds)
                TopScreen.lines(sample, 80) shouldContainExactly
                    listOf(
                        "1 connection, 0 new and 0 ended in 2.0 s; 1.5 MB/s, 1.0 k packets/s",
                        "",
                        " SENT/S  RECV/S   PKT/S   PROTO   CONNECTION",
                        "   1.5 M    500    1.0 k  tcp     10.0.0.1:1000 > 10.0.0.2:80",
                    )
                TopScreen.lines(sample, 30).maxOf { it.length } shouldBe 30
                TopScreen.lines(sample, 120).last() shouldEndWith
                    "  3.0 M  tcp     ESTABLISHED  10.0.0.1:1000 > 10.0.0.2:80"
            }
        }

        test("the busiest connections have their processes, which stay when they have ended") {
            val tuple =
                ConntrackTuple.tcp(InetAddress.getByName("10.0.0.1"), 1000, InetAddress.getByName("10.0.0.2"), 80)
            val processes = FakeProcesses().set(tuple, FakeProcesses.process("a-name-that-is-long", 4_000_000, 1000))
            Watched(processes = processes).use { watched ->
                val ids = listOf(watched.connection(1000), watched.connection(2000))
                watched.look(rows = 0)
                watched.count(ids[0], 2, 2_000)
                watched.count(ids[1], 1, 1_000)
                processes.asked() shouldContainExactly listOf()
                TopScreen.lines(watched.look(twoSeconds), 100).drop(2) shouldContainExactly
                    listOf(
                        " SENT/S  RECV/S   PKT/S   PROTO   PROCESS             CONNECTION",
                        "   1.0 k      0       1   tcp     a-name-that-is-long 10.0.0.1:1000 > 10.0.0.2:80",
                        "    500       0       1   tcp     [forwarded]         10.0.0.1:2000 > 10.0.0.2:80",
                    )
                processes.set(tuple, Attribution.unknown(UnknownReason.ENDED))
                val sample = watched.look(twoSeconds)
                TopScreen.lines(sample, 99)[2] shouldEndWith "PROTO   CONNECTION"
                TopScreen.lines(sample, 200)[2] shouldEndWith
                    "TOTAL   PROTO   STATE        PROCESS             CONNECTION"
                val rows =
                    TopJson()
                        .lines(sample, 0)
                        .drop(1)
                        .onEach(Schemas::check)
                        .map(::parseJson)
                rows.map { (it["process"] as Map<*, *>)["pid"] } shouldContainExactly listOf(4_000_000L, null)
            }
        }

        test("amounts have a unit") {
            val amounts = listOf(0L, 999, 1_000, 9_949, 9_951, 999_499, 999_501, 123_456_789, Long.MAX_VALUE)
            amounts.map(TopScreen::amount) shouldContainExactly
                listOf("0 ", "999 ", "1.0 k", "9.9 k", "10 k", "999 k", "1.0 M", "123 M", "9.2 E")
        }

        test("JSON has one object of the totals, then one of each connection") {
            Watched().use { watched ->
                val id = watched.connection(1000)
                watched.look()
                watched.count(id, 4, 400)
                val lines = TopJson().lines(watched.look(twoSeconds), 5_000_000_000L)
                lines.forEach(Examples::check)
                val objects = lines.map(::parseJson)
                objects[0] shouldBe
                    mapOf(
                        "kind" to "top_total",
                        "time" to "1970-01-01T00:00:05.000000Z",
                        "time_source" to "received",
                        "seconds" to 2.0,
                        "connections" to 1L,
                        "new" to 0L,
                        "ended" to 0L,
                        "uncounted" to 0L,
                        "bytes_per_second" to 200L,
                        "packets_per_second" to 2L,
                    )
                val row = objects[1]
                (row - "orig" - "reply" - "id").toString() shouldBe
                    "{kind=top_connection, time=1970-01-01T00:00:05.000000Z, time_source=received, rank=1, " +
                    "protocol=6, protocol_name=tcp, src=10.0.0.1, dst=10.0.0.2, sport=1000, dport=80, " +
                    "state=ESTABLISHED, bytes_per_second=200, packets_per_second=2}"
                row["orig"] shouldBe
                    mapOf("bytes_per_second" to 200L, "packets_per_second" to 2L, "packets" to 4L, "bytes" to 400L)
            }
        }
    })
