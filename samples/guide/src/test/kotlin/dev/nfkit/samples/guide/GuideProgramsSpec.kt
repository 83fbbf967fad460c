// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.Direction
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.pcap.CaptureReader
import dev.nfkit.socket.NetAdmin
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import kotlin.concurrent.thread

private val query = SamplePackets.udp("192.0.2.1", 40000, "192.0.2.7", 53)
private val unwanted = SamplePackets.udp("198.51.100.9", 40000, "192.0.2.7", 53)

/** Sends a packet through the rules again and again, since the program installs its rule at some time. */
private fun FakeNetfilter.sendUntil(
    packet: ByteArray,
    arrived: () -> Boolean,
) {
    val bound = System.nanoTime() + Duration.ofSeconds(30).toNanos()
    while (!arrived()) {
        packets().of(packet).`in`("eth0").toInput()
        clock().advance(Duration.ofSeconds(1))
        Thread.sleep(5)
        check(System.nanoTime() < bound) { "no packet arrived" }
    }
}

class GuideProgramsSpec :
    FunSpec({
        test("the end of the JVM decides what waits, and waits for the loop") {
            val kernel = FakeNetfilter()
            val session = NfqueueSession.open(kernel, NfqueueOptions.builder().queue(0).build())
            val loop = thread { session.use { it.run<RuntimeException> { Verdict.ACCEPT } } }
            repeat(10) { kernel.nfqueue().enqueue(0, https) }
            Operating.atExit(session, loop).run()
            loop.isAlive shouldBe false
            kernel.nfqueue().decided().map { it.passed() } shouldContainExactly List(10) { true }
        }

        test("a service decides packets") {
            val kernel = manual()
            kernel.whileRunning({ Operating.serve(kernel) }) {
                kernel.nfqueue().awaitBound(0)
                kernel.nfqueue().enqueue(0, https)
                kernel
                    .nfqueue()
                    .awaitDecided(1)
                    .single()
                    .passed() shouldBe true
            }
        }

        test("losses are reported, and nothing else") {
            val kernel = FakeNetfilter()
            val out = Printed()
            val options = NfqueueOptions.builder().queue(0) { it.maximumLength(1) }.build()
            NfqueueSession.open(kernel, options).use { session ->
                val before = session.statistics()
                Operating.report(before, before, out.stream)
                repeat(3) { kernel.nfqueue().enqueue(0, https) }
                Operating.report(before, session.statistics(), out.stream)
            }
            out.text.trim() shouldBe "2 packets lost in the kernel, 0 got the failure verdict"
        }

        test("the packets of a rule are balanced over queues") {
            val kernel = manual()
            kernel.whileRunning({ Operating.balance(kernel) }) {
                kernel.nfqueue().awaitBound(3)
                kernel.sendUntil(query) { kernel.nfqueue().decided().isNotEmpty() }
            }
            kernel
                .nfqueue()
                .decided()
                .first()
                .passed() shouldBe true
        }

        test("a program without the capability finds out before it begins") {
            val kernel = FakeNetfilter()
            val err = Printed()
            Operating.permitted(kernel, err.stream) shouldBe true
            kernel.kernel().netAdmin(NetAdmin.MISSING)
            Operating.permitted(kernel, err.stream) shouldBe false
            err.text shouldContain "CAP_NET_ADMIN is MISSING"
        }

        test("a refusal names its cause") {
            val kernel = FakeNetfilter()
            val err = Printed()
            val options = NflogOptions.builder().group(5).build()
            NflogSession.open(kernel, options).use {
                Operating.opens(kernel, options, err.stream) shouldBe false
            }
            err.text shouldContain "bind NFLOG group 5: EPERM"
            Operating.opens(kernel, options, err.stream) shouldBe true
        }

        test("options for speed are valid, and a set of networks decides") {
            val kernel = FakeNetfilter()
            val twice = 64 shl 20 // the kernel doubles what is requested
            NflogSession.open(kernel, Fast.manyPackets()).use { it.receiveBuffer() shouldBe twice }
            NflogSession.open(kernel, Fast.atOnce()).close()
            NfqueueSession.open(kernel, Fast.manyDecisions()).close()
            NfqueueSession.open(kernel, Fast.spinning()).use { session ->
                Fast.buffer(session) shouldBe session.receiveBuffer()
                kernel.nfqueue().enqueue(0, query)
                kernel.nfqueue().enqueue(0, unwanted)
                session.poll(Fast.blocked(), Duration.ofSeconds(1)) shouldBe 2
            }
            val decided = kernel.nfqueue().decided().sortedBy { it.id() }
            decided.map { it.dropped() } shouldContainExactly listOf(false, true)
        }

        test("the loop of libnetfilter_queue, and the hook of go-nflog") {
            val kernel = manual()
            val out = Printed()
            kernel.whileRunning({ ComingFrom.queue(kernel, out.stream) }) {
                kernel.nfqueue().awaitBound(0)
                kernel.nfqueue().enqueue(0, SampleNfqueue.of(https).mark(7))
                kernel.nfqueue().awaitDecided(1)
            }
            out.text shouldContain "packet 1, 40 bytes, mark 7"
            kernel.whileRunning({ ComingFrom.log(kernel, out.stream) }) {
                kernel.nflog().awaitBound(100)
                kernel.nflog().log(100, SampleNflog.of(https).prefix("golang"))
                kernel.clock().advance(Duration.ofSeconds(1))
                kernel.await("the line") { "golang" in out.text }
            }
        }

        test("a capture as dumpcap writes it") {
            val kernel = manual()
            val file = tempfile(suffix = ".pcapng").toPath()
            kernel.whileRunning({ ComingFrom.capture(kernel, file) }) {
                kernel.nflog().awaitBound(30)
                kernel.nflog().log(30, https)
                kernel.clock().advance(Duration.ofSeconds(1))
                kernel.await("the packet") { kernel.sockets().all { it.pending() == 0 } }
            }
            CaptureReader.open(file).use { it.next()?.linkType() shouldBe 239 }
        }

        test("the table as conntrack(8) lists and changes it") {
            val kernel = FakeNetfilter()
            val out = Printed()
            kernel.conntrack().add(SampleConntrack.of(connection))
            ComingFrom.list(kernel, out.stream)
            out.text shouldContain "443"
            Conntrack.open(kernel).use { table ->
                val tuple = table.list(ConntrackFilter.all()).single().tuple(Direction.ORIGINAL)
                ComingFrom.change(table, tuple)
                table.list(ConntrackFilter.all()).shouldBeEmpty()
            }
        }
    })
