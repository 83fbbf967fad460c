// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.TuplePattern
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.packet.IpProtocol
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** A filter, and the first kernel that compares all of it. */
private class Case(
    val filter: ConntrackFilter,
    val since: KernelVersion?,
)

private fun since(
    version: String,
    filter: ConntrackFilter.() -> ConntrackFilter,
) = Case(ConntrackFilter.all().filter(), KernelVersion.of(version))

private fun onReceipt(filter: ConntrackFilter.() -> ConntrackFilter) = Case(ConntrackFilter.all().filter(), null)

private val tcpPattern = TuplePattern.any().protocol(IpProtocol.TCP)

private val cases =
    listOf(
        since("4.20") { family(AddressFamily.IPV4) },
        since("4.20") { family(AddressFamily.IPV6) },
        since("3.3") { mark(2) },
        since("3.3") { mark(0) },
        since("3.3") { mark(1, 1) },
        since("4.20") { mark(0, 2).family(AddressFamily.IPV6) },
        since("5.15") { status(ConntrackStatus.ASSURED) },
        since("5.15") { status(0, ConntrackStatus.ASSURED.bit()) },
        since("6.8") { zone(5) },
        since("6.8") { zone(0) },
        since("5.8") { original(TuplePattern.any().source(address("10.1.0.1"))) },
        onReceipt { original(TuplePattern.any().destination(address("fd00::2"))) },
        since("5.8") { family(AddressFamily.IPV4).original(tcpPattern) },
        since("5.8") { family(AddressFamily.IPV6).original(tcpPattern.destinationPort(443)) },
        since("5.8") {
            original(
                TuplePattern
                    .any()
                    .source(address("10.1.0.1"))
                    .protocol(17)
                    .sourcePort(3),
            )
        },
        since("5.8") {
            reply(
                TuplePattern
                    .any()
                    .source(address("10.1.0.2"))
                    .protocol(6)
                    .destinationPort(2),
            )
        },
        since("5.8") {
            original(
                TuplePattern
                    .any()
                    .protocol(IpProtocol.ICMP)
                    .icmpType(8)
                    .icmpCode(0),
            )
        },
        since("5.8") { original(TuplePattern.any().protocol(IpProtocol.ICMP).icmpId(3)) },
        since("5.8") {
            original(
                TuplePattern
                    .any()
                    .protocol(IpProtocol.ICMPV6)
                    .icmpId(3)
                    .icmpType(128),
            )
        },
        since("5.8") { original(TuplePattern.of(tcp(2))).reply(TuplePattern.of(tcp(2).inverted())) },
        onReceipt { original(TuplePattern.of(udp6(2))).mark(2) },
        onReceipt { tcpState(TcpState.ESTABLISHED) },
        onReceipt { original(tcpPattern) },
        onReceipt { original(TuplePattern.any().sourcePort(2)) },
        onReceipt { original(TuplePattern.any().source(address("10.0.0.0"), 8)) },
        onReceipt { original(TuplePattern.any().source(address("fd00::"), 64).protocol(17)) },
        onReceipt { original(TuplePattern.any().zone(7)) },
        onReceipt { zone(0).original(TuplePattern.any().source(address("10.1.0.1")).zone(7)) },
        onReceipt { original(TuplePattern.any().zone(7)).reply(TuplePattern.any().zone(8)) },
        onReceipt { family(AddressFamily.IPV6).original(TuplePattern.any().source(address("10.1.0.1"))) },
        onReceipt { original(TuplePattern.any().source(address("10.1.0.1"))).reply(TuplePattern.of(udp6(2))) },
    )

/** Connections; each case selects some of them. */
private fun Conntrack.fill() {
    val assured = arrayOf(ConntrackStatus.SEEN_REPLY, ConntrackStatus.ASSURED)
    for (port in 1..6) {
        val mark = port % 4L
        create(connection(udp(port)).mark(mark))
        create(connection(udp6(port)).mark(mark).let { if (port > 3) it.status(*assured) else it })
        create(connection(tcp(port)).mark(mark).tcpState(if (port > 3) TcpState.ESTABLISHED else TcpState.SYN_SENT))
        create(connection(tcp(port, 443, "fd00::1", "fd00::2")).mark(mark))
        create(connection(ConntrackTuple.icmp(address("10.1.0.1"), address("10.1.0.2"), port, 8, 0)))
        create(connection(ConntrackTuple.icmp(address("fd00::1"), address("fd00::2"), port, 128, 0)))
        create(connection(udp(port)).zone(5).mark(mark).status(*assured))
        create(connection(udp(port).inZone(7)).reply(udp(port, destination = "10.1.0.3").inverted()).mark(mark))
        create(connection(udp(port, destination = "10.1.0.4")).reply(udp(port).inverted().inZone(8)).mark(mark))
    }
}

private fun key(entry: ConntrackEntry) = listOf(entry.original(), entry.reply(), entry.zone())

class ConntrackDumpSpec :
    FunSpec({
        test("a filtered dump has the same entries as a filtered complete dump, and the kernel sends no others")
            .config(enabledOrReasonIf = needsNamespaces) {
                withTable { filled ->
                    filled.fill()
                    val whole = filled.all()
                    val counting = CountingTransport(transport)
                    Conntrack.open(counting).use { table ->
                        for (case in cases) {
                            withClue("${case.filter}") {
                                val expected = whole.filter { case.filter.matches(it) }
                                var listed = emptyList<ConntrackEntry>()
                                val sent = counting.entriesOf { listed = table.list(case.filter) }
                                listed.map(::key) shouldContainExactlyInAnyOrder expected.map(::key)
                                if (case.since != null && KernelVersion.running >= case.since) {
                                    sent shouldBe expected.size
                                    expected.size shouldBeGreaterThan 0
                                    whole.size shouldBeGreaterThan expected.size
                                } else {
                                    sent shouldBeGreaterThanOrEqual expected.size
                                }
                            }
                        }
                    }
                }
            }

        test(
            "a table of many datagrams is returned completely, each entry once",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { filled ->
                for (port in 1..ENTRIES) {
                    filled.create(connection(udp(port)))
                }
                val counting = CountingTransport(transport)
                Conntrack.open(counting).use { table ->
                    val seen = mutableListOf<Int>()
                    val result = table.dump<RuntimeException> { seen += it.original().sourcePort() }
                    result.delivered() shouldBe ENTRIES
                    result.interrupted() shouldBe false
                    seen.sorted() shouldBe (1..ENTRIES).toList()
                    table.statistics().entries() shouldBe ENTRIES
                    counting.datagrams shouldBeGreaterThan ENTRIES / 300
                }
            }
        }

        test(
            "a sink may change, delete and look up the entries that it receives",
        ).config(enabledOrReasonIf = needsNamespaces) {
            withTable { table ->
                for (port in 1..ENTRIES) {
                    table.create(connection(udp(port)))
                }
                val seen = mutableSetOf<Int>()
                table.dump<IOException> { entry ->
                    seen += entry.original().sourcePort()
                    when (entry.original().sourcePort() % 3) {
                        0 -> table.delete(entry) shouldBe true
                        1 -> table.update(entry.original(), ConntrackUpdate.none().mark(1))
                        else -> table.get(entry.original()).isPresent shouldBe true
                    }
                }
                seen.size shouldBe ENTRIES
                table.statistics().entries() shouldBe ENTRIES - ENTRIES / 3
                table.list(ConntrackFilter.all().mark(1)).size shouldBe (1..ENTRIES).count { it % 3 == 1 }
            }
        }

        test("a dump within a dump of the same client is refused, and the outer one continues")
            .config(enabledOrReasonIf = needsNamespaces) {
                withTable { table ->
                    repeat(3) { table.create(connection(udp(it))) }
                    val refused = mutableListOf<String>()
                    table
                        .dump<IOException> {
                            refused += shouldThrow<IllegalStateException> { table.dump<IOException> { } }.message!!
                        }.delivered() shouldBe 3
                    refused.size shouldBe 3
                    refused[0] shouldContain "not inside the sink of a dump of the same client"
                }
            }

        for (problem in listOf(IllegalStateException("mine"), IOException("mine"), AssertionError("mine"))) {
            test("a sink that throws ${problem::class.simpleName} ends its dump, and the client stays usable")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withTable { table ->
                        for (port in 1..ENTRIES) {
                            table.create(connection(udp(port)))
                        }
                        var shown = 0
                        shouldThrow<Throwable> {
                            table.dump<Exception> {
                                shown++
                                throw problem
                            }
                        } shouldBe problem
                        shown shouldBe 1
                        table.dump<RuntimeException> { }.delivered() shouldBe ENTRIES
                        table.get(udp(1)).isPresent shouldBe true
                    }
                }
        }

        test("a close from another thread ends a dump in progress").config(enabledOrReasonIf = needsNamespaces) {
            withTable { filled ->
                for (port in 1..ENTRIES) {
                    filled.create(connection(udp(port)))
                }
                val table = Conntrack.open(transport)
                val shown = CountDownLatch(1)
                val closed = CountDownLatch(1)
                val dump =
                    CompletableFuture.supplyAsync {
                        runCatching {
                            table.dump<RuntimeException> {
                                shown.countDown()
                                check(closed.await(BOUND_SECONDS, TimeUnit.SECONDS))
                            }
                        }
                    }
                check(shown.await(BOUND_SECONDS, TimeUnit.SECONDS))
                table.close()
                closed.countDown()
                val problem = dump.get(BOUND_SECONDS, TimeUnit.SECONDS).exceptionOrNull() as SystemCallException
                problem.errno() shouldBe Errno.EBADF
                problem.message shouldContain "dump connections"
                problem.message shouldContain "closed"
            }
        }

        test("a sink may close the client that calls it").config(enabledOrReasonIf = needsNamespaces) {
            withTable { filled ->
                for (port in 1..ENTRIES) {
                    filled.create(connection(udp(port)))
                }
                val table = Conntrack.open(transport)
                shouldThrow<SystemCallException> { table.dump<RuntimeException> { table.close() } }.errno() shouldBe
                    Errno.EBADF
            }
        }
    })

/** More than one receive returns: some 16 datagrams of 32 KiB, with some 200 bytes for an entry. */
private const val ENTRIES = 6_000
