// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.PacketRule
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

private const val PORT = 4000

private fun FakeNetfilter.workers(configure: NfqueueOptions.Builder.() -> Unit = {}) =
    NfqueueWorkers.open(
        this,
        NfqueueOptions
            .builder()
            .queues(0, 2) {}
            .apply(configure)
            .build(),
    )

private fun NfqueueWorkers.work(decider: (QueuedPacket) -> Verdict): Long =
    run(Decider<RuntimeException> { decider(it) })

class NfqueueWorkersSpec :
    FunSpec({
        test("the statistics are the sums of all sessions") {
            val kernel = FakeNetfilter()
            kernel.workers().use { workers ->
                for (queue in 0..2) {
                    kernel.enqueue(queue + 1, queue)
                    workers.sessions()[queue].decide { Verdict.ACCEPT }
                }
                workers.sessions().map { it.statistics().decided() } shouldContainExactly listOf(1L, 2L, 3L)
                workers.statistics().decided() shouldBe 6
                workers.statistics().received().delivered() shouldBe 6
            }
        }

        test("if a queue is refused, the sessions of the other queues are closed") {
            val kernel = FakeNetfilter()
            NfqueueSession.open(kernel, NfqueueOptions.builder().queue(2).build()).use {
                val own = kernel.openSockets()
                shouldThrow<KernelRefusedException> { kernel.workers() }
                kernel.openSockets() shouldBe own
                kernel.nfqueue().queues().map { queue -> queue.queue() } shouldContainExactly listOf(2)
            }
            kernel.openSockets() shouldBe 0
        }

        test("an interrupt of the calling thread ends the run, stays set, and leaves the sessions open") {
            val kernel = FakeNetfilter()
            kernel.workers().use { workers ->
                kernel.enqueue(4)
                var delivered = 0L
                var interrupted = false
                val caller =
                    thread {
                        delivered = workers.work { Verdict.ACCEPT }
                        interrupted = Thread.currentThread().isInterrupted
                    }
                kernel.nfqueue().awaitDecided(4)
                caller.interrupt()
                caller.join(60_000)
                caller.isAlive shouldBe false
                interrupted shouldBe true
                delivered shouldBe 4
                workers.sessions().none { it.ended() } shouldBe true
                kernel.enqueue(1, 2)
                val again = thread { delivered = workers.work { Verdict.ACCEPT } }
                kernel.nfqueue().awaitDecided(5)
                workers.stop()
                again.join(60_000)
                delivered shouldBe 1
                workers.sessions().all { it.ended() } shouldBe true
            }
        }

        test("if several deciders throw, the first exception is thrown with the others") {
            val kernel = FakeNetfilter()
            kernel.workers().use { workers ->
                for (queue in 0..2) kernel.enqueue(1, queue)
                val together = CyclicBarrier(3)
                val failed =
                    shouldThrow<IllegalArgumentException> {
                        workers.work {
                            together.await(1, TimeUnit.MINUTES)
                            throw IllegalArgumentException("${it.queue()}")
                        }
                    }
                (failed.suppressed.map { it.message } + failed.message).toSet() shouldBe setOf("0", "1", "2")
            }
        }

        test("an exception of the system keeps its kind") {
            val kernel = FakeNetfilter()
            kernel.workers().use { workers ->
                kernel.enqueue(1)
                val calls = AtomicInteger()
                shouldThrow<SystemCallException> {
                    workers.run(
                        Decider<SystemCallException> {
                            calls.incrementAndGet()
                            throw SystemCallException("call", Errno.ENOMEM, null)
                        },
                    )
                }
                calls.get() shouldBe 1
            }
        }

        test("a stop removes the rule before the queues are shut, and a close removes it without a stop") {
            for (stopped in listOf(true, false)) {
                val kernel = FakeNetfilter()

                fun matching() =
                    kernel
                        .packets()
                        .of(SamplePackets.udp("10.0.0.1", 1000, "10.0.0.2", PORT))
                        .`in`("eth0")
                        .toInput()
                        .matched()
                        .size
                val workers = kernel.workers { rule(PacketRule.of("udp dport $PORT")) }
                matching() shouldBe 1
                if (stopped) {
                    workers.stop()
                    matching() shouldBe 0
                    kernel.nfqueue().queues().size shouldBe 3
                }
                workers.close()
                matching() shouldBe 0
                kernel.openSockets() shouldBe 0
            }
        }
    })
