// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueueFeature
import dev.nfkit.socket.NetAdmin
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/** Counts the warnings of sessions that contain a text. */
private class Warnings(
    private val text: String,
) : Handler(),
    AutoCloseable {
    private val logger = Logger.getLogger(NfqueueSession::class.java.name)
    private val found = AtomicInteger()

    init {
        logger.addHandler(this)
    }

    /** Waits up to a minute until there are at least that many, and returns the number. */
    fun count(atLeast: Int): Int {
        val stop = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
        while (found.get() < atLeast && System.nanoTime() < stop) {
            Thread.sleep(1)
        }
        return found.get()
    }

    override fun publish(record: LogRecord) {
        if (text in record.message) found.incrementAndGet()
    }

    override fun flush() = Unit

    override fun close() = logger.removeHandler(this)
}

class QueueFeatureSpec :
    FunSpec({
        test("a kernel without the glue has all features but connections, and the check binds nothing") {
            val kernel = FakeNetfilter()
            QueueFeature.entries.filter { it.supportedBy(kernel) } shouldContainExactly
                QueueFeature.entries - QueueFeature.CONNTRACK
            kernel.kernel().conntrackGlue(true)
            QueueFeature.CONNTRACK.supportedBy(kernel) shouldBe true
            kernel.kernel().nfqueues().shouldBeEmpty()
            kernel.openSockets() shouldBe 0
        }

        test("a queue of another process is not checked") {
            val kernel = FakeNetfilter()
            kernel.kernel().ownQueue(65_535, 4711)
            QueueFeature.GSO.supportedBy(kernel) shouldBe true
        }

        test("a verdict that changes a connection on a kernel that ignores it is logged once as a warning") {
            for (glue in listOf(false, true)) {
                val warnings = Warnings("CONFIG_NETFILTER_NETLINK_GLUE_CT")
                val kernel = FakeNetfilter().apply { kernel().conntrackGlue(glue) }
                warnings.use {
                    NfqueueSession.open(kernel, NfqueueOptions.builder().queue(0).build()).use { session ->
                        repeat(3) { kernel.nfqueue().enqueue(0, byteArrayOf(1)) }
                        session.poll<RuntimeException>(
                            { it.accept().conntrack(ConntrackUpdate.none().mark(1)) },
                            Duration.ZERO,
                        ) shouldBe 3
                    }
                    warnings.count(atLeast = if (glue) 0 else 1) shouldBe if (glue) 0 else 1
                }
            }
        }

        test("without the capability the check fails with a refusal, and does not return false") {
            val kernel = FakeNetfilter()
            kernel.kernel().netAdmin(NetAdmin.MISSING)
            shouldThrow<KernelRefusedException> { QueueFeature.GSO.supportedBy(kernel) }.refusal() shouldBe
                Refusal.NO_CAPABILITY
            kernel.openSockets() shouldBe 0
        }
    })
