// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.conntrack.TuplePattern
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleExpectation
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.time.Duration

private fun address(text: String) = InetAddress.getByName(text)

private fun udp(port: Int) = SampleConntrack.of(SampleTuple.udp("10.0.0.1", port, "10.0.0.2", 53))

private fun udp6(port: Int) = SampleConntrack.of(SampleTuple.udp("fd00::1", port, "fd00::2", 53))

private fun tuple(port: Int) = ConntrackTuple.udp(address("10.0.0.1"), port, address("10.0.0.2"), 53)

private fun Conntrack.ports(filter: ConntrackFilter = ConntrackFilter.all()) =
    list(filter).map {
        it.original().sourcePort()
    }

/** The client of the table and its events, with the model of the kernel. */
class ConntrackSessionSpec :
    FunSpec({
        test("a large table is dumped completely, in many datagrams") {
            val transport = FakeNetfilter()
            repeat(3000) { transport.conntrack().add(udp(it + 1)) }
            Conntrack.open(transport).use { client ->
                var seen = 0L
                val result = client.dump<RuntimeException> { seen += it.original().sourcePort() }
                result.delivered() shouldBe 3000
                result.interrupted() shouldBe false
                seen shouldBe 3000L * 3001 / 2
            }
            transport.verify()
        }

        test("an interrupted dump is reported as interrupted") {
            val transport = FakeNetfilter()
            repeat(300) { transport.conntrack().add(udp(it + 1)) }
            Conntrack.open(transport).use { client ->
                transport.conntrack().interruptDumps(1)
                client.dump<RuntimeException> {}.interrupted() shouldBe true
                client.dump<RuntimeException> {}.interrupted() shouldBe false
            }
        }

        test("filters select the same entries on a recent kernel and on one without filters") {
            for (version in listOf(null, 4 to 9)) {
                val transport = FakeNetfilter()
                version?.let { (major, minor) -> transport.conntrack().settings().kernelVersion(major, minor) }
                transport.conntrack().add(udp(1).mark(1).status(8))
                transport.conntrack().add(udp6(2).mark(2).status(10).zone(5))
                transport.conntrack().add(udp(3).mark(3).status(14))
                transport.conntrack().add(SampleConntrack.of(SampleTuple.udp("fd00::9", 4, "fd00::2", 53)))
                Conntrack.open(transport).use {
                    it.ports() shouldContainExactly listOf(1, 2, 3, 4)
                    it.ports(ConntrackFilter.all().family(AddressFamily.IPV6)) shouldContainExactly listOf(2, 4)
                    it.ports(ConntrackFilter.all().mark(2, 2)) shouldContainExactly listOf(2, 3)
                    it.ports(ConntrackFilter.all().status(2, 2)) shouldContainExactly listOf(2, 3)
                    it.ports(ConntrackFilter.all().zone(5)) shouldContainExactly listOf(2)
                    val from = { text: String ->
                        ConntrackFilter.all().original(TuplePattern.any().source(address(text)))
                    }
                    it.ports(from("10.0.0.1")) shouldContainExactly listOf(1, 3)
                    it.ports(from("fd00::9")) shouldContainExactly listOf(4)
                }
            }
        }

        test("one connection is created, found, changed, counted and deleted") {
            val transport = FakeNetfilter()
            transport.conntrack().settings().accounting(true)
            Conntrack.open(transport).use { client ->
                client.get(tuple(1)).isPresent shouldBe false
                client.create(NewConnection.of(tuple(1), Duration.ofSeconds(100)).mark(7))
                shouldThrow<KernelRefusedException> {
                    client.create(NewConnection.of(tuple(1), Duration.ofSeconds(100)))
                }.errno() shouldBe Errno.EEXIST
                client.get(tuple(1)).get().mark() shouldBe 7
                client.get(tuple(1).inverted()).get().timeout() shouldBe 100
                client.update(tuple(1), ConntrackUpdate.none().mark(0x10, 0xf0).timeout(Duration.ofSeconds(9)))
                client.get(tuple(1)).get().let { it.mark() to it.timeout() } shouldBe (0x17L to 9L)
                transport.conntrack().let { model ->
                    model.change(client.get(tuple(1)).get().id()) { it.counters(1, 2, 3, 4) }
                }
                client.getAndResetCounters(tuple(1), 0).get().bytes(Direction.REPLY) shouldBe 4
                client.get(tuple(1)).get().packets(Direction.ORIGINAL) shouldBe 0
                client.delete(tuple(1)) shouldBe true
                client.delete(tuple(1)) shouldBe false
                shouldThrow<KernelRefusedException> {
                    client.update(
                        tuple(1),
                        ConntrackUpdate.none().mark(1),
                    )
                }.errno() shouldBe
                    Errno.ENOENT
            }
        }

        test("a flush removes all connections or those of a family") {
            val transport = FakeNetfilter()
            transport.conntrack().add(udp(1))
            transport.conntrack().add(udp6(2))
            Conntrack.open(transport).use {
                it.flush(AddressFamily.IPV4)
                it.ports() shouldContainExactly listOf(2)
                it.flush()
                it.ports().shouldBeEmpty()
            }
        }

        test("statistics and expectations are read") {
            val transport = FakeNetfilter()
            val master = SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 21)
            transport
                .conntrack()
                .settings()
                .statistic(1, StatisticsAttribute.DROP, 4)
                .maximum(77)
            transport.conntrack().settings().statistic(StatisticsAttribute.Expectations.NEW, 3)
            transport.conntrack().add(SampleConntrack.of(master).helper("ftp"))
            transport.conntrack().expect(
                SampleExpectation
                    .of(
                        master,
                        SampleTuple.tcp("10.0.0.2", 0, "10.0.0.1", 5000),
                        SampleTuple.tcp("255.255.255.255", 0, "255.255.255.255", 65535),
                    ).helper("ftp"),
            )
            Conntrack.open(transport).use { client ->
                client.statistics().let { it.entries() to it.maxEntries() } shouldBe (1L to 77L)
                client.cpuStatistics().map { it.get(StatisticsAttribute.DROP) } shouldContainExactly listOf(0L, 4L)
                client.expectations().cpuStatistics().map {
                    it.get(
                        StatisticsAttribute.Expectations.NEW,
                    )
                } shouldContainExactly
                    listOf(3L, 0L)
                val expected = client.expectations().list().single()
                expected.tuple().get().destinationPort() shouldBe 5000
                expected.helper().get() shouldBe "ftp"
                client.expectations().delete(expected.tuple().get()) shouldBe true
                client.expectations().list().shouldBeEmpty()
            }
        }

        test("events report changes, and a mirror is correct again after a loss") {
            val transport = FakeNetfilter()
            val ids = (1..5).map { transport.conntrack().add(udp(it)) }
            val options =
                ConntrackEventOptions
                    .builder()
                    .kinds(ConntrackEventKind.NEW, ConntrackEventKind.UPDATED, ConntrackEventKind.DESTROYED)
                    .receiveBuffer(16384)
                    .build()
            Conntrack.open(transport).use { table ->
                ConntrackEvents.open(transport, options).use { events ->
                    val mirror = ConntrackMirror(table, ConntrackFilter.all())
                    mirror.resynchronise<RuntimeException> {}.added() shouldBe 5
                    transport.conntrack().change(ids[0]) { it.mark(9) }
                    transport.conntrack().remove(ids[1])
                    (6..500).forEach { transport.conntrack().add(udp(it)) }
                    transport.conntrack().remove(ids[2])
                    var overruns = 0L
                    while (events.poll<RuntimeException>(
                            {
                                if (it is ConntrackEvent.Overrun) overruns += it.lost()
                                mirror.apply<RuntimeException>(it) {}
                            },
                            Duration.ZERO,
                        ) > 0
                    ) {
                        // until the socket is empty
                    }
                    overruns shouldBeGreaterThan 0
                    mirror.size() shouldBe 498
                    mirror.entries().single { it.id() == ids[0] }.mark() shouldBe 9
                    mirror.entries().none { it.id() == ids[2] } shouldBe true
                }
            }
            transport.verify()
        }
    })
