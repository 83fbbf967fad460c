// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.AddressFamily
import dev.nfkit.KernelRefusedException
import dev.nfkit.NetlinkException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.conntrack.table.ConntrackStatistics
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.conntrack.table.NewExpectation
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleExpectation
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.time.Duration

private const val GET = 0x101
private const val GET_STATS = 0x105

class ConntrackScopeSpec :
    FunSpec({
        test("a connection is created, found by both tuples, changed and removed") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrack {
                    val new = NewConnection.of(tupleTo(53), Duration.ofSeconds(30)).mark(7).zone(3)
                    create(new)
                    shouldThrow<KernelRefusedException> { create(new) }.refusal() shouldBe Refusal.EXISTS
                    get(tupleTo(53)).shouldBeNull()
                    get(tupleTo(53), zone = 3).shouldNotBeNull().mark() shouldBe 7
                    get(tupleTo(53).inverted(), zone = 3).shouldNotBeNull().owned() shouldBe true
                    update(tupleTo(53), ConntrackUpdate.none().mark(8), zone = 3)
                    val entry = get(tupleTo(53), zone = 3).shouldNotBeNull()
                    entry.mark() shouldBe 8
                    createOrUpdate(new.mark(10))
                    get(tupleTo(53), zone = 3).shouldNotBeNull().mark() shouldBe 10
                    delete(entry) shouldBe true
                    delete(entry) shouldBe false
                    shouldThrow<KernelRefusedException> { update(tupleTo(53), ConntrackUpdate.none().mark(9)) }
                        .refusal() shouldBe Refusal.NOT_FOUND
                    kernel.connect(53..53)
                    delete(tupleTo(53)) shouldBe true
                    delete(tupleTo(53)) shouldBe false
                }
            }
            kernel.fake
                .conntrack()
                .connections()
                .shouldBeEmpty()
            kernel.fake.openSockets() shouldBe 0
        }

        test("the connections that a filter matches, those of a family, or all are removed") {
            val kernel = Kernel()
            val ipv6 = SampleTuple.udp("2001:db8::1", 1, "2001:db8::2", 2)
            kernel.connect(1..2_000) { mark(1) }
            kernel.connect(2_001..2_010)
            kernel.fake.conntrack().add(SampleConntrack.of(ipv6))
            bounded {
                kernel.useConntrack {
                    deleteAll(ConntrackFilter.all().mark(1)) shouldBe 2_000
                    statistics().entries() shouldBe 11
                    flush(AddressFamily.IPV6)
                    statistics().entries() shouldBe 10
                    flush()
                    statistics().entries() shouldBe 0
                }
            }
        }

        test("counters of one connection are read and reset") {
            val kernel = Kernel()
            kernel.fake
                .conntrack()
                .settings()
                .accounting(true)
            kernel.connect(1..1) { counters(5, 500, 4, 400) }
            bounded {
                kernel.useConntrack {
                    for (packets in listOf(5L, 0L)) {
                        getAndResetCounters(tupleTo(1)).shouldNotBeNull().packets(Direction.ORIGINAL) shouldBe packets
                    }
                    getAndResetCounters(tupleTo(2)).shouldBeNull()
                }
            }
        }

        test("statistics are the kernel's, in total and by processor") {
            val kernel = Kernel()
            kernel.connect(1..3)
            kernel.fake
                .conntrack()
                .settings()
                .maximum(99)
                .statistic(1, StatisticsAttribute.DROP, 5)
                .statistic(StatisticsAttribute.Expectations.CREATE, 6)
            bounded {
                kernel.useConntrack {
                    statistics() shouldBe ConntrackStatistics(3, 99)
                    cpuStatistics().map { it.cpu() } shouldContainExactly listOf(0, 1)
                    cpuStatistics()[1][StatisticsAttribute.DROP] shouldBe 5
                    expectations.cpuStatistics()[0][StatisticsAttribute.Expectations.CREATE] shouldBe 6
                }
            }
        }

        test("an expectation is created, found and removed") {
            val kernel = Kernel()
            kernel.connect(1..1) { helper("tftp") }
            val mask = SampleTuple.udp("255.255.255.255", 0, "255.255.255.255", 0xffff)
            for ((port, helper) in listOf(100 to "tftp", 101 to "sip", 102 to "tftp")) {
                kernel.fake.conntrack().expect(SampleExpectation.of(sampleTo(1), sampleTo(port), mask).helper(helper))
            }
            bounded {
                kernel.useConntrack {
                    expectations.get(tupleTo(99)).shouldBeNull()
                    expectations
                        .get(tupleTo(100))
                        .shouldNotBeNull()
                        .tuple()
                        .get() shouldBe tupleTo(100)
                    expectations.delete(tupleTo(100)) shouldBe true
                    expectations.delete(tupleTo(100)) shouldBe false
                    expectations.flush("tftp")
                    expectations.list().map { it.tuple().get() } shouldContainExactly listOf(tupleTo(101))
                    expectations.flush()
                    expectations.list().shouldBeEmpty()
                    val new = NewExpectation.of(tupleTo(1), tupleTo(103), tupleTo(0xffff), Duration.ofSeconds(30))
                    expectations.create(new.helper("tftp"))
                    expectations.list().size shouldBe 1
                }
            }
        }

        test("values out of range are refused, and nothing is sent") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrack {
                    val before = kernel.sends.get()
                    shouldThrow<IllegalArgumentException> { get(tupleTo(1), zone = 65536) }
                    shouldThrow<IllegalArgumentException> { delete(tupleTo(1), zone = -1) }
                    shouldThrow<IllegalArgumentException> { flush(AddressFamily.ARP) }
                    kernel.sends.get() shouldBe before
                }
            }
        }

        test("a kernel without the table fails before the block, and the failure of an open is thrown unchanged") {
            val kernel = Kernel()
            kernel.fake
                .conntrack()
                .settings()
                .available(false)
            shouldThrow<KernelRefusedException> { kernel.useConntrack { error("the block has started") } }
                .refusal() shouldBe Refusal.NOT_SUPPORTED
            kernel.fake.openSockets() shouldBe 0
            val failure = IllegalStateException("no sockets")
            kernel.openFailure = failure
            runCatching { kernel.useConntrack { } }.exceptionOrNull() shouldBeSameInstanceAs failure
        }

        test("cancelling while the client is being opened ends at once, with its sockets closed") {
            val kernel = Kernel()
            kernel.fake.onRequest { true }.withoutAcknowledgement()
            bounded {
                val job = launch { kernel.useConntrack { error("the block has started") } }
                eventually("the request is sent") { kernel.fake.sent().isNotEmpty() }
                job.cancelAndJoin() // the clock stands still, so no deadline can have ended it
            }
            kernel.fake.openSockets() shouldBe 0
        }

        test("cancelling a request does not wait for the answer, and an unsent request is not sent any more") {
            val kernel = Kernel()
            kernel.connect(1..1)
            bounded {
                kernel.useConntrack {
                    kernel.fake
                        .onRequest { it.type() == GET }
                        .withoutAcknowledgement()
                        .times(1)
                    val asked = launch { get(tupleTo(1)) }
                    eventually("the request is sent") { kernel.fake.sent().any { it.type() == GET } }
                    val later = launch { flush() }
                    val sent = kernel.sends.get()
                    later.cancelAndJoin()
                    asked.cancelAndJoin()
                    kernel.fake.openSockets() shouldBe 2
                    kernel.sends.get() shouldBe sent
                }
            }
            kernel.fake
                .conntrack()
                .connections()
                .size shouldBe 1
        }

        test("the block's end fails a request in progress, and later requests") {
            val kernel = Kernel()
            lateinit var scope: ConntrackScope
            bounded {
                val asked =
                    kernel.useConntrack {
                        scope = this
                        kernel.fake.onRequest { it.type() == GET }.withoutAcknowledgement()
                        val asked = this@bounded.async { runCatching { get(tupleTo(1)) } }
                        eventually("the request is sent") { kernel.fake.sent().any { it.type() == GET } }
                        asked
                    }
                (asked.await().exceptionOrNull() is NetlinkException) shouldBe true
                shouldThrow<NetlinkException> { scope.statistics() }
            }
            kernel.fake.openSockets() shouldBe 0
        }

        test("the block's cancellation and failure close the client") {
            val kernel = Kernel()
            bounded {
                val job = launch { kernel.useConntrack { awaitCancellation() } }
                eventually("it is open") { kernel.fake.sent().any { it.type() == GET_STATS } }
                job.cancelAndJoin()
                kernel.fake.openSockets() shouldBe 0
                val failure = IllegalStateException("the block's own")
                runCatching { kernel.useConntrack { throw failure } }.exceptionOrNull() shouldBeSameInstanceAs failure
            }
            kernel.fake.openSockets() shouldBe 0
        }

        test("clients that wait for the kernel block neither each other nor the dispatcher") {
            val kernels = List(100) { Kernel() }
            bounded {
                kernels.forEach { it.fake.onRequest { request -> request.type() == GET }.withoutAcknowledgement() }
                val jobs =
                    kernels.map { kernel ->
                        launch(Dispatchers.Default) { kernel.useConntrack { get(tupleTo(1)) } }
                    }
                eventually("all wait") { kernels.all { it.fake.sent().any { sent -> sent.type() == GET } } }
                withContext(Dispatchers.IO) { }
                jobs.forEach { it.cancelAndJoin() }
            }
            kernels.sumOf { it.fake.openSockets() } shouldBe 0
        }

        test("any number of coroutines may send requests concurrently") {
            val kernel = Kernel()
            kernel.connect(1..200)
            bounded {
                kernel.useConntrack {
                    (1..200)
                        .map { port -> this@bounded.async(Dispatchers.Default) { get(tupleTo(port))?.port } }
                        .awaitAll() shouldContainExactly (1..200).toList()
                }
            }
        }
    })
