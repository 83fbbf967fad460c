// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.netfilter.InterfaceNames
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nftables.Nftables
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withTimeout
import java.time.Duration
import java.util.Collections
import java.util.concurrent.Executors
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds

private val mail = SamplePackets.tcp("10.9.0.1", 40000, "192.0.2.7", 25, 2)
private val query = SamplePackets.udp("192.0.2.1", 40000, "192.0.2.7", 53, 1)

/** Runs code that goes on until it is cancelled. */
private fun running(
    code: suspend () -> Unit,
    test: suspend () -> Unit,
) = runBlocking(Dispatchers.Default) {
    withTimeout(30.seconds) {
        coroutineScope {
            val job: Job = launch { code() }
            test()
            job.cancelAndJoin()
        }
    }
}

private suspend fun <T> awaiting(block: () -> T): T = runInterruptible(Dispatchers.IO, block)

private fun queue(
    kernel: FakeNetfilter,
    use: (NfqueueSession) -> Unit,
) = NfqueueSession.open(kernel, NfqueueOptions.builder().queue(0).build()).use(use)

class GuideCodeSpec :
    FunSpec({
        test("logged packets are printed with prefix, addresses and length") {
            val kernel = manual()
            val out = Printed()
            kernel.whileRunning({ LogPackets.print(kernel, out.stream) }) {
                kernel.nflog().awaitBound(30)
                kernel.nflog().log(30, SampleNflog.of(https).prefix("web "))
                kernel.clock().advance(Duration.ofSeconds(1))
                kernel.await("the line") { out.text.isNotEmpty() }
            }
            out.text shouldContain "web 10.9.0.1 > 192.0.2.7: 40 bytes"
        }

        test("a session brings its rule, and takes it away") {
            val kernel = manual()

            fun rules() = Nftables.open(kernel).use { it.list().ruleset().toText() }
            LogPackets.withRule(kernel).use { rules() shouldContain "tcp dport 443 log group 30" }
            rules() shouldBe ""
        }

        test("packets are kept as copies, described, and filtered") {
            val kernel = FakeNetfilter()
            kernel.kernel().networkInterface(2, "eth0")
            NflogSession.open(kernel, NflogOptions.builder().group(30) { it.threshold(1) }.build()).use { session ->
                kernel.nflog().log(30, SampleNflog.of(https).inDevice(2))
                val kept = mutableListOf<NflogPacket>()
                LogPackets.keep(session, kept)
                LogPackets.describe(kept.single(), InterfaceNames(kernel.kernel())) shouldContain
                    "from eth0, 40 of 40 bytes"
                kernel.nflog().log(30, query)
                LogPackets.count(session, kernel) shouldBe 1
            }
        }

        test("packets are recorded in a sequence of files") {
            val kernel = manual()
            val dir = tempdir()
            val options = NflogOptions.builder().group(30) { it.threshold(1) }.build()
            kernel.whileRunning({ LogPackets.record(kernel, options, dir.resolve("web.pcapng").toPath()) }) {
                kernel.nflog().awaitBound(30)
                kernel.nflog().log(30, https)
                kernel.await("the packet") { kernel.sockets().all { it.pending() == 0 } }
            }
            CaptureReader.open(dir.listFiles()!!.single().toPath()).use { it.next() }
        }

        test("packets that a filter allows are accepted, all others are dropped") {
            val kernel = manual()
            kernel.whileRunning({ DecidePackets.allow(kernel) }) {
                kernel.nfqueue().awaitBound(0)
                listOf(https, mail, query).forEach { kernel.nfqueue().enqueue(0, it) }
                val decided = kernel.nfqueue().awaitDecided(3).sortedBy { it.id() }
                decided.map { it.dropped() } shouldContainExactly listOf(false, true, false)
            }
        }

        test("a held packet is answered by another thread") {
            val kernel = manual()
            val slow = Executors.newSingleThreadExecutor()
            queue(kernel) { session ->
                kernel.whileRunning({
                    DecidePackets.later(session, slow) { it.payload().length() == 40 }
                }) {
                    kernel.nfqueue().enqueue(0, https)
                    kernel
                        .nfqueue()
                        .awaitDecided(1)
                        .single()
                        .dropped() shouldBe false
                }
            }
            slow.shutdown()
        }

        test("a packet is changed on its way") {
            val kernel = manual()
            queue(kernel) { session ->
                kernel.whileRunning({ DecidePackets.edit(session) }) {
                    kernel.nfqueue().enqueue(0, https)
                    val decided = kernel.nfqueue().awaitDecided(1).single()
                    decided.payload().toArray()[8] shouldBe 64
                    decided.mark() shouldBe 7
                }
            }
        }

        test("an exception of the decider drops the packet, and the loop goes on") {
            val kernel = manual()
            queue(kernel) { session ->
                var calls = 0
                kernel.whileRunning({
                    DecidePackets.survive(session) { check(++calls > 1) { "the first lookup fails" }.let { true } }
                }) {
                    repeat(2) { kernel.nfqueue().enqueue(0, https) }
                    val decided = kernel.nfqueue().awaitDecided(2).sortedBy { it.id() }
                    decided.map { it.dropped() } shouldContainExactly listOf(true, false)
                }
            }
        }

        test("connections without a reply are deleted, others stay") {
            val kernel = FakeNetfilter()
            kernel.conntrack().add(SampleConntrack.of(connection).counters(3, 180, 0, 0))
            kernel.conntrack().add(
                SampleConntrack.of(SampleTuple.tcp("10.9.0.1", 40001, "192.0.2.7", 443)).counters(3, 180, 2, 100),
            )
            Connections.deleteUnanswered(kernel) shouldBe 2
            Conntrack.open(kernel).use { it.list(ConntrackFilter.all()) } shouldHaveSize 1
        }

        test("a connection gets a mark, in Java and in Kotlin") {
            val kernel = FakeNetfilter()
            val id = kernel.conntrack().add(SampleConntrack.of(connection))
            val tuple = Conntrack.open(kernel).use { it.list(ConntrackFilter.all()).single().tuple(Direction.ORIGINAL) }

            fun mark() = Conntrack.open(kernel).use { it.list(ConntrackFilter.all()).single().mark() }
            Conntrack.open(kernel).use { Connections.mark(it, tuple) }
            mark() shouldBe 7
            val lines = mutableListOf<String>()
            connections(kernel, tuple, lines::add)
            lines shouldHaveSize 1
            mark() shouldBe 8
            kernel.conntrack().connection(id).isPresent shouldBe true
        }

        test("events are printed, and a mirror begins with what is in the table") {
            val kernel = manual()
            val watched = Printed()
            val mirrored = Printed()
            kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.9.0.1", 40000, "192.0.2.7", 53)))
            kernel.whileRunning({ Connections.watch(kernel, watched.stream) }) {
                val mirror = thread(isDaemon = true) { runCatching { Connections.mirror(kernel, mirrored.stream) } }
                kernel.await("the table") { mirrored.text.contains("dport=53") || mirrored.text.contains(":53") }
                var port = 40000
                val bound = System.nanoTime() + 30.seconds.inWholeNanoseconds
                while ("443" !in watched.text || "443" !in mirrored.text) { // until both are listeners
                    kernel.conntrack().add(SampleConntrack.of(SampleTuple.tcp("10.9.0.1", ++port, "192.0.2.7", 443)))
                    Thread.sleep(5)
                    check(System.nanoTime() < bound) { "an event is missing" }
                }
                kernel.sockets().forEach { it.close() }
                mirror.join(30_000)
            }
        }

        test("several groups, and the changes of the table, in Kotlin") {
            val kernel = manual()
            val lines = Collections.synchronizedList(mutableListOf<String>())
            kernel.conntrack().add(SampleConntrack.of(connection))
            running({ changes(kernel, lines::add) }) {
                awaiting { kernel.await("the connection") { lines.size == 1 } }
            }
            running({ twoGroups(kernel, lines::add) }) {
                awaiting { kernel.nflog().awaitBound(31) }
                repeat(100) { kernel.nflog().log(30 + it % 2, https) }
                kernel.clock().advance(Duration.ofSeconds(1))
                awaiting { kernel.await("packets and statistics") { lines.size == 1 + 100 + 1 } }
            }
        }

        test("the first packets of a group, in Kotlin") {
            val kernel = manual()
            val lines = Collections.synchronizedList(mutableListOf<String>())
            running({ firstPackets(kernel, lines::add) }) {
                awaiting { kernel.nflog().awaitBound(30) }
                repeat(10) { kernel.nflog().log(30, SampleNflog.of(https).prefix("web")) }
                kernel.clock().advance(Duration.ofSeconds(1))
                awaiting { kernel.await("ten lines") { lines.size == 10 } }
            }
            lines.first() shouldContain "web"
        }

        test("decisions in Kotlin suspend, and what a directory does not permit is marked") {
            val kernel = manual()
            running({ decide(kernel) { it == 1000u } }) {
                awaiting { kernel.nfqueue().awaitBound(0) }
                kernel.nfqueue().enqueue(0, mail)
                kernel.nfqueue().enqueue(0, SampleNfqueue.of(https).uid(1000))
                kernel.nfqueue().enqueue(0, SampleNfqueue.of(query).uid(1001))
                val decided = awaiting { kernel.nfqueue().awaitDecided(3) }.sortedBy { it.id() }
                decided.map { it.dropped() } shouldContainExactly listOf(true, false, false)
                decided.last().mark() shouldBe 7
            }
        }

        test("several families in one block, in Kotlin") {
            val kernel = manual()
            val lines = Collections.synchronizedList(mutableListOf<String>())
            running({ severalFamilies(kernel, lines::add) }) {
                awaiting { kernel.nfqueue().awaitBound(0) }
                kernel.nflog().log(30, SampleNflog.of(https).prefix("web"))
                kernel.clock().advance(Duration.ofSeconds(1))
                kernel.nfqueue().enqueue(0, query)
                awaiting { kernel.nfqueue().awaitDecided(1) }.single().dropped() shouldBe false
                awaiting { kernel.await("the line") { lines.size == 1 } }
            }
        }
    })
