// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.TestClock
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import java.time.Duration

class NfqueueSessionSpec :
    FunSpec({
        test("one message binds a queue and configures it") {
            val transport = FakeNetfilter()
            transport
                .session {
                    queue(7) {
                        it
                            .copyRange(128)
                            .maximumLength(99)
                            .failOpen(true)
                            .gso(true)
                            .uidGid(true)
                    }
                }.use {
                    val request = transport.sent().last()
                    request.type() shouldBe NfqueueConfig.NFQNL_MSG_CONFIG
                    request.resId() shouldBe 7
                    request.attribute(NfqueueConfig.NFQA_CFG_CMD).get().toHex() shouldBe "01000000"
                    request.attribute(NfqueueConfig.NFQA_CFG_PARAMS).get().toHex() shouldBe "0000008002"
                    request.attribute(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN).get().toHex() shouldBe "00000063"
                    request.attribute(NfqueueConfig.NFQA_CFG_MASK).get().toHex() shouldBe "0000001f"
                    request.attribute(NfqueueConfig.NFQA_CFG_FLAGS).get().toHex() shouldBe "0000000d"
                }
            transport.verify()
        }

        test("each packet gets the verdict that the decider returns") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(6)
                session.decide { if (it.id() % 3 == 0L) Verdict.DROP else it.accept().mark(it.id()) } shouldBe 6
                transport.nfqueue().decided().associate { it.id() to (if (it.dropped()) -1 else it.mark()) } shouldBe
                    mapOf(1L to 1L, 2L to 2L, 3L to -1L, 4L to 4L, 5L to 5L, 6L to -1L)
                session.statistics().decided() shouldBe 6
            }
        }

        test("the verdicts of a batch are sent in one datagram, equal ones as one message") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(10)
                val before = transport.sent().size
                session.decide { Verdict.ACCEPT }
                transport
                    .sent()
                    .drop(before)
                    .single()
                    .type() shouldBe NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
                transport
                    .nfqueue()
                    .decided()
                    .map { it.departure() }
                    .toSet() shouldBe setOf(Departure.VERDICT_BATCH)
            }
        }

        test("payload, priority and connection change with the verdict") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(1)
                session.decide { it.accept().payload(Bytes.of(1, 2, 3)).priority(9) }
                val decided = transport.nfqueue().decided().single()
                decided.payload().toHex() shouldBe "010203"
                decided.priority() shouldBe 9L
            }
        }

        test("a verdict that finds no packet is reported with its packet, counted, and the loop continues") {
            val transport = FakeNetfilter()
            val refusals = mutableListOf<VerdictRefusal>()
            transport.session { onRefused { refusals += it } }.use { session ->
                transport.nfqueue().enqueue(0, SampleNfqueue.of(ByteArray(20)).inDevice(5))
                transport.enqueue(1)
                session.decide {
                    if (it.id() == 1L) transport.nfqueue().deviceDown(5)
                    it.accept().mark(it.id())
                } shouldBe 2
                session.decide { Verdict.ACCEPT } shouldBe 0
                refusals shouldContainExactly listOf(VerdictRefusal(0, 1, false, Errno.ENOENT))
                session.statistics().gone() shouldBe 1
                session.statistics().refused() shouldBe 0
                transport.outcome() shouldContainExactly listOf("1 dropped", "2 passed")
            }
        }

        test("gaps in the ids are losses, and with fail-open they were accepted") {
            for (failOpen in listOf(false, true)) {
                val transport = FakeNetfilter()
                transport.session { queue(1) { it.failOpen(failOpen) } }.use { session ->
                    transport.enqueue(1, 1)
                    transport.nfqueue().nextId(1, 12)
                    transport.enqueue(1, 1)
                    session.decide { Verdict.ACCEPT }
                    session.statistics().received().sequenceGaps() shouldBe (if (failOpen) 0 else 10)
                    session.statistics().bypassed() shouldBe (if (failOpen) 10 else 0)
                }
            }
        }

        test("packets that arrive while a request waits for its answer keep the time of their receipt") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                val received = mutableListOf<Long>()
                repeat(3) {
                    transport.enqueue(1)
                    received += transport.clock().epochNanos()
                    session.configure(session.options(0))
                    transport.clock().advance(Duration.ofSeconds(1))
                }
                transport.enqueue(1)
                received += transport.clock().epochNanos()
                val seen = mutableListOf<Long>()
                while (session.decide { Verdict.ACCEPT.also { _ -> seen += it.receivedAtNanos() } } > 0) {
                    // until nothing waits
                }
                seen shouldContainExactly received
            }
        }

        test("ids wrap around, and a batch across the wrap covers the right packets") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.nfqueue().nextId(0, 0xffff_fffeL)
                transport.enqueue(4)
                session.decide { Verdict.ACCEPT }
                transport.outcome() shouldContainExactly
                    listOf("4294967294 passed", "4294967295 passed", "0 passed", "1 passed")
            }
        }

        test("several queues share a socket, each with verdicts of its own") {
            val transport = FakeNetfilter()
            transport.session { queue(9) }.use { session ->
                transport.enqueue(2, 0)
                transport.enqueue(2, 9)
                session.decide { if (it.queue() == 9) Verdict.DROP else Verdict.ACCEPT } shouldBe 4
                transport.nfqueue().decided().map { "${it.queue()}: ${it.short()}" } shouldContainExactlyInAnyOrder
                    listOf("0: 1 passed", "0: 2 passed", "9: 1 dropped", "9: 2 dropped")
            }
        }

        test("verdicts that do not fit the send buffer are sent in several datagrams") {
            val transport = FakeNetfilter()
            transport.kernel().receiveBufferLimit(212_992, false)
            transport.session { sendBuffer(100_000) }.use { session ->
                transport.enqueue(8)
                val large = Bytes.of(*ByteArray(60_000))
                session.decide { it.accept().payload(large) }
                transport.nfqueue().decided().map { it.payload().length() } shouldContainExactly List(8) { 60_000 }
            }
        }

        test("another owner is named") {
            val transport = FakeNetfilter()
            transport.kernel().ownQueue(0, 4711).owner(4711, SocketOwner(812, "suricata"))
            val refused = shouldThrow<KernelRefusedException> { transport.session() }
            refused.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
            refused.message shouldBe
                "bind NFQUEUE queue 0: EPERM (Operation not permitted): " +
                "port 4711 (suricata, pid 812) owns this queue; stop it or take another queue"
            transport.openSockets() shouldBe 0
        }

        test("spinning still notices packets, wakeups and the end of the timeout") {
            val transport = FakeNetfilter()
            transport.session { spin(Duration.ofMillis(100)) }.use { session ->
                transport.enqueue(1)
                session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ofSeconds(1)) shouldBe 1
                session.wakeup()
                session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ofSeconds(1)) shouldBe 0
                session.poll(Decider<RuntimeException> { Verdict.ACCEPT }, Duration.ofMillis(200)) shouldBe 0
            }
        }

        test("a packet that is used after its decider has returned is refused, also without strict views") {
            val transport = FakeNetfilter().strictBatches(false)
            transport.session().use { session ->
                transport.enqueue(1)
                var escaped: QueuedPacket? = null
                session.decide {
                    escaped = it
                    Verdict.ACCEPT
                }
                shouldThrow<IllegalStateException> { escaped!!.id() }
            }
        }

        test("a packet that got the verdict of its deadline before its turn is not delivered") {
            val clock = TestClock.manual()
            val transport = FakeNetfilter(clock)
            transport.session { deadline(Duration.ofSeconds(1)) }.use { session ->
                transport.enqueue(2)
                val seen = mutableListOf<Long>()
                session.decide {
                    seen += it.id()
                    clock.advance(Duration.ofSeconds(2))
                    Verdict.ACCEPT
                } shouldBe 1
                seen shouldBe listOf(1L)
                transport.outcome() shouldBe listOf("1 dropped", "2 dropped")
                session.statistics().late() shouldBe 1
            }
        }

        test("a strict view that is used after its callback reports where it was handed out") {
            val transport = FakeNetfilter().strictBatches(true)
            transport.session().use { session ->
                transport.enqueue(1)
                var escaped: QueuedPacket? = null
                session.decide {
                    escaped = it
                    Verdict.ACCEPT
                }
                shouldThrow<IllegalStateException> { escaped!!.mark() }.cause?.message shouldBe
                    "the packet was handed out here"
            }
        }
    })
