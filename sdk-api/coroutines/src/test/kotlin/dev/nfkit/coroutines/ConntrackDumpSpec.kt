// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.table.DumpResult
import dev.nfkit.testkit.SampleExpectation
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.milliseconds

private const val READER = "conntrack-dump"
private const val GET = 0x101

class ConntrackDumpSpec :
    FunSpec({
        test("a dump of several datagrams returns each entry once, owned, and then its result") {
            val kernel = Kernel()
            kernel.connect(1..3_000)
            val results = mutableListOf<DumpResult>()
            bounded {
                kernel.useConntrack {
                    val entries = dump { results += it }.toList()
                    entries.map { it.port } shouldContainExactly (1..3_000).toList()
                    entries.all { it.owned() } shouldBe true
                }
            }
            results shouldContainExactly listOf(DumpResult(3_000, false))
            kernel.fake.openSockets() shouldBe 0
            readers(READER).shouldBeEmpty()
        }

        test("a dump is cold: it sends a request at each collection, and returns the current entries") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrack {
                    val results = mutableListOf<Long>()
                    val marked = dump(ConntrackFilter.all().mark(7)) { results += it.delivered() }
                    marked.toList().shouldBeEmpty()
                    kernel.connect(1..2) { mark(7) }
                    kernel.connect(3..4)
                    marked.map { it.port }.toList() shouldContainExactly listOf(1, 2)
                    list(ConntrackFilter.all().mark(7)).map { it.port } shouldContainExactly listOf(1, 2)
                    list().size shouldBe 4
                    results shouldContainExactly listOf(0L, 2L)
                }
            }
        }

        test("the result reports that the dump was interrupted") {
            val kernel = Kernel()
            kernel.connect(1..2_000)
            kernel.fake.conntrack().interruptDumps(1)
            bounded {
                kernel.useConntrack {
                    val whole = mutableListOf<Boolean>()
                    repeat(2) { dump { whole += !it.interrupted() }.collect {} }
                    whole shouldContainExactly listOf(false, true)
                }
            }
        }

        test("a collection that ends early closes its sockets, has no result, and leaves the client usable") {
            val kernel = Kernel()
            kernel.connect(1..20_000)
            bounded {
                kernel.useConntrack {
                    repeat(3) {
                        dump { error("a result of a dump that has not ended") }
                            .take(10)
                            .map { it.port }
                            .toList() shouldContainExactly (1..10).toList()
                        kernel.fake.openSockets() shouldBe 2 // the client's own
                        readers(READER).shouldBeEmpty()
                        statistics().entries() shouldBe 20_000
                    }
                }
            }
        }

        test("a slow collector slows the dump down, so that few entries wait") {
            val kernel = Kernel()
            kernel.connect(1..20_000)
            bounded {
                kernel.useConntrack {
                    var seen = 0
                    dump().collect {
                        if (seen++ == 0) {
                            eventually("the reader is blocked") { readerIsHeldUp(READER) }
                            kernel.fake
                                .conntrack()
                                .connections()
                                .size shouldBe 20_000
                            kernel.connect(listOf(20_001)) // not among the entries that were dumped until now
                        }
                    }
                    seen shouldBe 20_001
                }
            }
        }

        test("inside a dump the table may be dumped, read and changed") {
            val kernel = Kernel()
            kernel.connect(1..2_000)
            bounded {
                kernel.useConntrack {
                    dump().take(1_500).collect { entry ->
                        update(entry.original(), ConntrackUpdate.none().mark(entry.port.toLong()))
                        if (entry.port % 500 == 0) {
                            dump(ConntrackFilter.all().mark(entry.port.toLong())).first().port shouldBe entry.port
                        }
                    }
                    list(ConntrackFilter.all().mark(1_500)).single().port shouldBe 1_500
                    list(ConntrackFilter.all().mark(0)).size shouldBe 500
                }
            }
        }

        test("cancelling a dump without an answer ends at once, and the client stays usable") {
            val kernel = Kernel()
            bounded {
                kernel.useConntrack {
                    kernel.fake
                        .onRequest { it.type() == GET }
                        .withoutAcknowledgement()
                        .times(1)
                    val job = launch { dump().collect {} }
                    eventually("the request is sent") { kernel.fake.sent().any { it.type() == GET } }
                    job.cancelAndJoin() // the clock stands still, so no deadline can have ended it
                    kernel.fake.openSockets() shouldBe 2
                    list().shouldBeEmpty()
                }
            }
        }

        test("cancelling a collector at any moment leaves nothing open") {
            val kernel = Kernel()
            kernel.connect(1..5_000)
            bounded {
                kernel.useConntrack {
                    repeat(50) { round ->
                        val job = launch { dump().collect {} }
                        delay((round % 10).milliseconds)
                        job.cancelAndJoin()
                        kernel.fake.openSockets() shouldBe 2
                    }
                }
            }
            readers(READER).shouldBeEmpty()
        }

        test("the collector gets the kernel's refusal, and its own exception is thrown unchanged") {
            val kernel = Kernel()
            kernel.connect(1..1)
            val failure = IllegalStateException("the collector's own")
            bounded {
                kernel.useConntrack {
                    kernel.fake
                        .onRequest { it.type() == GET }
                        .refuse(Errno.EPERM)
                        .times(1)
                    shouldThrow<KernelRefusedException> { dump().collect {} }.errno() shouldBe Errno.EPERM
                    runCatching { dump().collect { throw failure } }.exceptionOrNull() shouldBeSameInstanceAs failure
                    runCatching { dump { throw failure }.collect {} }.exceptionOrNull() shouldBeSameInstanceAs failure
                    kernel.fake.openSockets() shouldBe 2
                }
            }
        }

        test("counters are read and reset in one dump") {
            val kernel = Kernel()
            kernel.fake
                .conntrack()
                .settings()
                .accounting(true)
            kernel.connect(1..3) { counters(5, 500, 4, 400) }
            bounded {
                kernel.useConntrack {
                    val counts = mutableListOf<DumpResult>()
                    repeat(2) { round ->
                        dumpAndResetCounters { counts += it }.map { it.packets(Direction.ORIGINAL) }.toList() shouldBe
                            List(3) { if (round == 0) 5L else 0L }
                    }
                    counts.map { it.delivered() } shouldContainExactly listOf(3L, 3L)
                    dumpDying().toList().shouldBeEmpty()
                    dumpUnconfirmed().toList().shouldBeEmpty()
                }
            }
        }

        test("expectations are dumped as connections are") {
            val kernel = Kernel()
            kernel.connect(1..1)
            for (port in 100..102) {
                kernel.fake.conntrack().expect(SampleExpectation.of(sampleTo(1), sampleTo(port), sampleTo(0xffff)))
            }
            bounded {
                kernel.useConntrack {
                    val results = mutableListOf<DumpResult>()
                    val all = expectations.dump { results += it }.toList()
                    all.map { it.tuple().get().destinationPort() } shouldContainExactlyInAnyOrder listOf(100, 101, 102)
                    results shouldContainExactly listOf(DumpResult(3, false))
                    expectations
                        .dump()
                        .take(1)
                        .toList()
                        .size shouldBe 1
                    expectations.list().size shouldBe 3
                }
            }
        }
    })
