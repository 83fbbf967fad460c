// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.BytesView
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.socket.KernelView
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.reflect.Proxy
import java.util.Optional
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** The first verdict of a log, of neither kind. */
private const val FIRST = 0x8000_0000L

/** A writer of verdicts over a socket that records what is sent. */
private class WriterRig(
    kind: Int = 0,
    limit: Int = 2_000,
) {
    val socket = SentVerdicts()
    val log = VerdictLog()

    /** Whether the kernel was asked if it supports changes of connections. */
    val asked = CountDownLatch(1)
    private val kernel =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, _, _ ->
            asked.countDown()
            Optional.of(true)
        } as KernelView
    private val options = NfqueueOptions.builder().queue(0).build()
    private val reports = Reports(options, javaClass)
    val writer = VerdictWriter(socket, log, kind, limit, ConntrackGlue(options, kernel, reports))

    fun single(
        id: Int,
        verdict: Verdict = Verdict.ACCEPT,
        size: Int = VerdictMessages.size(verdict),
    ) = writer.single(3, id, verdict, size)

    /** The verdicts of the datagram that begins with a number. */
    fun numbers(first: Long): List<Long> = mutableListOf<Long>().also { log.datagram(first, it::add) }
}

class VerdictWriterSpec :
    FunSpec({
        test("verdicts are sent in one datagram, once, and none is sent if there is none") {
            val rig = WriterRig()
            rig.writer.isEmpty shouldBe true
            rig.writer.send()
            rig.single(1)
            rig.writer.batch(4, 9, Verdict.DROP, false)
            rig.writer.isEmpty shouldBe false
            rig.writer.send()
            rig.writer.isEmpty shouldBe true
            rig.writer.send()
            rig.socket.datagrams shouldContainExactly listOf(listOf("3: 1 NF_ACCEPT", "4: up to 9 NF_DROP"))
        }

        test("the log knows the verdicts of each datagram, and their kind") {
            val rig = WriterRig()
            val queue = Bound(NfqueueQueue.builder(3).build(), Verdict.DROP)
            rig.single(1)
            rig.writer.batch(3, 2, Verdict.ACCEPT, false)
            rig.writer.batch(3, 3, Verdict.ACCEPT, true)
            rig.writer.send()
            rig.writer.ofRun(queue, 4, false)
            rig.writer.ofRun(queue, 5, true)
            rig.writer.send()
            rig.numbers(FIRST) shouldContainExactly
                listOf(FIRST, FIRST + 1 + VerdictLog.BATCH, FIRST + 2 + VerdictLog.BATCH + VerdictLog.SWEEP)
            rig.numbers(FIRST + 3) shouldContainExactly listOf(FIRST + 3, FIRST + 4 + VerdictLog.BATCH)
            rig.log.queue(FIRST + 4) shouldBe 3
            rig.log.id(FIRST + 4) shouldBe 5
        }

        test("the verdicts of held packets have numbers of their own") {
            val rig = WriterRig(VerdictLog.HELD)
            rig.single(1)
            rig.writer.batch(3, 2, Verdict.DROP, false)
            rig.writer.send()
            rig.numbers(FIRST + VerdictLog.HELD) shouldContainExactly
                listOf(FIRST + VerdictLog.HELD, FIRST + 1 + VerdictLog.HELD + VerdictLog.BATCH)
        }

        test("verdicts that could not be sent are sent with the next ones, unless they are discarded") {
            val rig = WriterRig()
            rig.socket.failAfter = 0
            rig.single(1)
            shouldThrow<SystemCallException> { rig.writer.send() }
            rig.writer.isEmpty shouldBe false
            rig.single(2)
            rig.socket.failAfter = 1
            rig.writer.send()
            rig.socket.datagrams.single() shouldContainExactly listOf("3: 1 NF_ACCEPT", "3: 2 NF_ACCEPT")
            rig.numbers(FIRST) shouldContainExactly listOf(FIRST)
            rig.single(3)
            shouldThrow<SystemCallException> { rig.writer.send() }
            rig.writer.clear()
            rig.single(4)
            rig.socket.failAfter = 2
            rig.writer.send()
            rig.socket.datagrams.last() shouldContainExactly listOf("3: 4 NF_ACCEPT")
            rig.numbers(FIRST + 3) shouldContainExactly listOf(FIRST + 3)
        }

        test("a verdict fits while the datagram is within the send buffer, and alone always") {
            val rig = WriterRig()
            rig.writer.fits(2_001) shouldBe true
            rig.single(1)
            val length = 16 + 4 + 12
            rig.writer.fits(2_000 - length) shouldBe true
            rig.writer.fits(2_001 - length) shouldBe false
            WriterRig(limit = Int.MAX_VALUE).writer.canSend(256 shl 10) shouldBe true
            WriterRig(limit = Int.MAX_VALUE).writer.canSend((256 shl 10) + 1) shouldBe false
        }

        test("a verdict larger than the send buffer is refused and leaves no trace, but a small one is tried") {
            val rig = WriterRig()
            rig.writer.canSend(2_000) shouldBe true
            rig.writer.canSend(2_001) shouldBe false
            val refused = shouldThrow<SystemCallException> { rig.single(-1, Verdict.ACCEPT, 2_001) }
            refused.errno() shouldBe Errno.EMSGSIZE
            refused.message shouldContain "packet 4294967295 of queue 3"
            refused.message shouldContain "it takes up to 2001 bytes, and the send buffer 2000"
            rig.writer.isEmpty shouldBe true
            val narrow = WriterRig(limit = 10)
            narrow.writer.canSend(VerdictMessages.SMALL) shouldBe true
            narrow.writer.canSend(VerdictMessages.SMALL + 1) shouldBe false
            narrow.single(1)
            narrow.writer.send()
            narrow.socket.datagrams.size shouldBe 1
        }

        test("a verdict whose payload was released leaves nothing in the datagram") {
            val rig = WriterRig()
            val payload = BytesView.of(1, 2, 3)
            val verdict = Verdict.reusable().reset(Verdict.ACCEPT.number()).payload(payload)
            payload.release()
            rig.single(1)
            runCatching { rig.single(2, verdict, 300) }.isFailure shouldBe true
            rig.single(3)
            runCatching { rig.single(4, verdict, 300) }.isFailure shouldBe true
            rig.writer.send()
            rig.socket.datagrams.single() shouldContainExactly listOf("3: 1 NF_ACCEPT", "3: 3 NF_ACCEPT")
            runCatching { rig.single(5, verdict, 300) }.isFailure shouldBe true
            rig.writer.isEmpty shouldBe true
            rig.socket.datagrams.clear()
            rig.writer.send()
            rig.socket.datagrams.shouldBeEmpty()
        }

        test("a verdict that changes a connection has the kernel's support checked, and no other verdict has") {
            val rig = WriterRig()
            rig.single(1, Verdict.ACCEPT.mark(3))
            rig.asked.await(20, TimeUnit.MILLISECONDS) shouldBe false
            rig.single(1, Verdict.ACCEPT.conntrack(ConntrackUpdate.none().mark(3)))
            rig.asked.await(1, TimeUnit.MINUTES) shouldBe true
        }
    })
