package dev.nfkit.testkit.session

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.nfqueue.Answers
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.TestClock
import dev.nfkit.testkit.contract.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

private fun options(configure: NfqueueOptions.Builder.() -> Unit = {}): NfqueueOptions =
    NfqueueOptions
        .builder()
        .queue(0)
        .apply(configure)
        .build()

private fun FakeNetfilter.session(configure: NfqueueOptions.Builder.() -> Unit = {}) =
    NfqueueSession.open(this, options(configure))

private fun FakeNetfilter.enqueue(
    count: Int,
    queue: Int = 0,
) = repeat(count) { nfqueue().enqueue(queue, SampleNfqueue.of(*ByteArray(20))) }

private fun NfqueueSession.decide(decider: (QueuedPacket) -> Verdict): Int =
    poll(Decider<RuntimeException> { decider(it) }, Duration.ZERO)

private fun DecidedPacket.short() = "${id()} ${if (dropped()) "dropped" else "passed"}"

private fun FakeNetfilter.outcome() = nfqueue().decided().map { it.short() }

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

        context("held packets") {
            test("are answered later, from any thread, in any order, exactly once") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(4)
                    val held = mutableListOf<QueuedPacket>()
                    session.decide {
                        held += it.hold()
                        Verdict.HELD
                    }
                    transport.outcome().shouldBeEmpty()
                    session.statistics().held() shouldBe 4
                    thread {
                        held.reversed().forEach {
                            it.answer(
                                if (it.id() ==
                                    2L
                                ) {
                                    Verdict.DROP
                                } else {
                                    Verdict.ACCEPT
                                },
                            )
                        }
                    }.join()
                    transport.outcome() shouldContainExactly listOf("4 passed", "3 passed", "2 dropped", "1 passed")
                    shouldThrow<IllegalStateException> { held[0].answer(Verdict.ACCEPT) }.message shouldContain
                        "packet 1 of queue 0 was answered before"
                    session.statistics().answered() shouldBe 4
                    session.statistics().held() shouldBe 0
                }
            }

            test("are not covered by the batch of those after them") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(5)
                    var held: QueuedPacket? = null
                    session.decide {
                        if (it.id() == 2L) {
                            held = it.hold()
                            Verdict.HELD
                        } else {
                            Verdict.ACCEPT
                        }
                    }
                    transport.outcome() shouldContainExactly listOf("1 passed", "3 passed", "4 passed", "5 passed")
                    held!!.answer(Verdict.DROP) shouldBe true
                    transport.outcome().last() shouldBe "2 dropped"
                }
            }

            test("can be answered together, in one datagram") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(3)
                    val answers = Answers()
                    session.decide {
                        answers.add(it.hold(), Verdict.ACCEPT.mark(it.id()))
                        Verdict.HELD
                    }
                    transport.outcome().shouldBeEmpty()
                    answers.size() shouldBe 3
                    answers.send()
                    transport.nfqueue().decided().map { it.mark() } shouldContainExactly listOf(1L, 2L, 3L)
                }
            }

            test("are answered by a verdict that the decider returns after all") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(1)
                    var held: QueuedPacket? = null
                    session.decide {
                        held = it.hold()
                        Verdict.DROP
                    }
                    transport.outcome() shouldContainExactly listOf("1 dropped")
                    shouldThrow<IllegalStateException> { held!!.answer(Verdict.ACCEPT) }
                    session.statistics().answered() shouldBe 1
                }
            }

            test("may be answered inside the decider, and then a returned verdict is refused with an exception") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(2)
                    session.decide {
                        it.hold().answer(Verdict.DROP)
                        Verdict.HELD
                    }
                    transport.outcome() shouldContainExactly listOf("1 dropped", "2 dropped")
                    transport.enqueue(1)
                    shouldThrow<IllegalStateException> {
                        session.decide {
                            it.hold().answer(Verdict.ACCEPT)
                            Verdict.DROP
                        }
                    }
                    transport.outcome().last() shouldBe "3 passed"
                }
            }

            test("cannot be held twice, nor outside their decider") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(1)
                    var escaped: QueuedPacket? = null
                    session.decide {
                        escaped = it
                        it.hold()
                        shouldThrow<IllegalStateException> { it.hold() }.message shouldContain "held already"
                        Verdict.HELD
                    }
                    shouldThrow<IllegalStateException> { escaped!!.hold() }
                }
            }
        }

        context("no packet is left without a verdict") {
            test("a decider that throws: its packet fails closed, the exception is thrown, the rest comes next") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(5)
                    shouldThrow<IllegalArgumentException> {
                        session.decide {
                            if (it.id() ==
                                3L
                            ) {
                                throw IllegalArgumentException("three")
                            } else {
                                Verdict.ACCEPT
                            }
                        }
                    }
                    transport.outcome() shouldContainExactlyInAnyOrder listOf("1 passed", "2 passed", "3 dropped")
                    session.decide { Verdict.ACCEPT } shouldBe 2
                    session.statistics().failed() shouldBe 1
                    session.statistics().decided() shouldBe 4
                }
            }

            test("a decider that throws after hold(): the failure verdict answers the packet") {
                val transport = FakeNetfilter()
                transport.session { failureVerdict(Verdict.ACCEPT) }.use { session ->
                    transport.enqueue(1)
                    var held: QueuedPacket? = null
                    shouldThrow<IllegalArgumentException> {
                        session.decide {
                            held = it.hold()
                            throw IllegalArgumentException()
                        }
                    }
                    transport.outcome() shouldContainExactly listOf("1 passed")
                    held!!.answer(Verdict.DROP) shouldBe false
                    session.statistics().late() shouldBe 1
                    session.statistics().held() shouldBe 0
                }
            }

            test("a decider that returns HELD without holding") {
                val transport = FakeNetfilter()
                transport.session { failureVerdict(Verdict.ACCEPT.mark(4)) }.use { session ->
                    transport.enqueue(2)
                    session.decide { Verdict.HELD }
                    transport.nfqueue().decided().map { it.mark() } shouldContainExactly listOf(4L, 4L)
                    session.statistics().forgotten() shouldBe 2
                }
            }

            test("a verdict whose payload was released fails, and so does its packet") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(2)
                    val released = BytesView.of(1).also { it.release() }
                    shouldThrow<IllegalStateException> { session.decide { it.accept().payload(released) } }
                    session.decide { Verdict.ACCEPT }
                    transport.outcome() shouldContainExactly listOf("1 dropped", "2 passed")
                }
            }

            test("a malformed packet gets the failure verdict and is counted") {
                val transport = FakeNetfilter()
                transport.session { onMalformed { } }.use { session ->
                    val broken = SampleNfqueue.of(*ByteArray(20)).attribute(NfqueueAttribute.MARK.code(), 1, 2)
                    transport.nfqueue().enqueue(0, broken)
                    transport.enqueue(1)
                    session.decide { Verdict.ACCEPT } shouldBe 1
                    transport.outcome() shouldContainExactly listOf("1 dropped", "2 passed")
                    session.statistics().unread() shouldBe 1
                    session.statistics().received().malformed() shouldBe 1
                }
            }
        }

        context("a deadline") {
            test("gives a held packet its verdict, names it, and ignores a late answer") {
                val transport = FakeNetfilter()
                val reported = CopyOnWriteArrayList<Unanswered>()
                transport
                    .session {
                        deadline(Duration.ofSeconds(2), Verdict.ACCEPT.mark(1))
                        onUnanswered { reported += it }
                    }.use { session ->
                        transport.enqueue(2)
                        val held = mutableListOf<QueuedPacket>()
                        session.decide {
                            held += it.hold()
                            Verdict.HELD
                        }
                        held[1].answer(Verdict.DROP)
                        transport.clock().advance(Duration.ofSeconds(2))
                        transport.nfqueue().awaitDecided(2).map { it.short() } shouldContainExactly
                            listOf("2 dropped", "1 passed")
                        held[0].answer(Verdict.DROP) shouldBe false
                        eventually("the deadline's own thread has reported it") { reported.isNotEmpty() }
                        session.statistics().expired() shouldBe 1
                        session.statistics().late() shouldBe 1
                        session.statistics().held() shouldBe 0
                    }
                reported.single().packet().id() shouldBe 1L
                reported.single().cause() shouldBe Unanswered.Cause.DEADLINE
            }

            test("counts, whether a poll was in progress when it passed or not") {
                val transport = FakeNetfilter()
                transport.session { deadline(Duration.ofSeconds(2), Verdict.ACCEPT.mark(1)) }.use { session ->
                    transport.enqueue(2)
                    val held = mutableListOf<QueuedPacket>()
                    session.decide {
                        if (it.id() == 1L) {
                            held += it.hold()
                            return@decide Verdict.HELD
                        }
                        transport.clock().advance(Duration.ofSeconds(2))
                        Verdict.DROP
                    }
                    held.single().answer(Verdict.DROP) shouldBe false
                    transport.nfqueue().awaitDecided(2).map { it.mark() } shouldContainExactly listOf(1L, 1L)
                    session.statistics().expired() shouldBe 2
                    session.statistics().late() shouldBe 2
                }
            }

            test("of a packet's own may be before or after the session's") {
                val transport = FakeNetfilter()
                transport.session { deadline(Duration.ofSeconds(5)) }.use { session ->
                    transport.enqueue(2)
                    session.decide {
                        if (it.id() == 1L) it.hold() else it.hold(Duration.ofSeconds(1), Verdict.ACCEPT)
                        Verdict.HELD
                    }
                    transport.clock().advance(Duration.ofSeconds(1))
                    transport
                        .nfqueue()
                        .awaitDecided(1)
                        .single()
                        .short() shouldBe "2 passed"
                    transport.clock().advance(Duration.ofSeconds(4))
                    transport
                        .nfqueue()
                        .awaitDecided(2)
                        .last()
                        .short() shouldBe "1 dropped"
                }
            }

            test("decides the packet at which a decider hangs and those after it, which the decider never gets") {
                val transport = FakeNetfilter()
                val hanging = CountDownLatch(1)
                val release = CountDownLatch(1)
                transport.session { deadline(Duration.ofSeconds(1)) }.use { session ->
                    transport.enqueue(4)
                    val seen = CopyOnWriteArrayList<Long>()
                    val poller =
                        thread {
                            session.decide {
                                seen += it.id()
                                if (it.id() == 2L) {
                                    hanging.countDown()
                                    release.await(10, TimeUnit.SECONDS)
                                }
                                Verdict.ACCEPT
                            }
                        }
                    hanging.await(10, TimeUnit.SECONDS) shouldBe true
                    transport.clock().advance(Duration.ofSeconds(1))
                    transport.nfqueue().awaitDecided(4).map { it.short() } shouldContainExactly
                        listOf("1 passed", "2 dropped", "3 dropped", "4 dropped")
                    release.countDown()
                    poller.join()
                    seen shouldContainExactly listOf(1L, 2L)
                    session.statistics().expired() shouldBe 3
                    session.statistics().late() shouldBe 1
                    session.statistics().decided() shouldBe 1
                }
            }
        }

        context("the end") {
            for ((verdict, word) in listOf(Verdict.DROP to "dropped", Verdict.ACCEPT to "passed")) {
                test("a close settles held and undelivered packets: $verdict") {
                    val transport = FakeNetfilter()
                    val reported = CopyOnWriteArrayList<Unanswered>()
                    val session =
                        transport.session {
                            closeVerdict(verdict)
                            onUnanswered { reported += it }
                            batchSize(2)
                        }
                    transport.enqueue(5)
                    val held = mutableListOf<QueuedPacket>()
                    session.decide {
                        held += it.hold()
                        Verdict.HELD
                    }
                    session.close()
                    transport.outcome() shouldContainExactlyInAnyOrder (1..5).map { "$it $word" }
                    reported.map { it.packet().id() } shouldContainExactly listOf(1L, 2L)
                    held.forEach { it.answer(Verdict.ACCEPT) shouldBe false }
                    val statistics = session.statistics()
                    statistics.settled() shouldBe 5
                    statistics.received().discarded() shouldBe 3
                    statistics.held() shouldBe 0
                    session.decide { Verdict.ACCEPT } shouldBe -1
                }
            }

            test("a stop accepts no new packets, delivers waiting ones, and waits for held ones to be answered") {
                val transport = FakeNetfilter(TestClock.manual()) // otherwise the settle time passes at once
                val session = transport.session { batchSize(2) }
                transport.enqueue(5)
                val held = CopyOnWriteArrayList<QueuedPacket>()
                session.stop()
                val delivered =
                    thread {
                        session.run(
                            Decider<RuntimeException> {
                                if (it.id() == 1L) {
                                    held += it.hold()
                                    Verdict.HELD
                                } else {
                                    Verdict.ACCEPT
                                }
                            },
                        )
                    }
                transport.nfqueue().awaitDecided(4)
                transport.nfqueue().enqueue(0, SampleNfqueue.of(*ByteArray(20))) shouldBe false
                held.single().answer(Verdict.ACCEPT) shouldBe true
                delivered.join()
                session.ended() shouldBe true
                transport.outcome().filter { it.endsWith("passed") }.size shouldBe 5
                session.statistics().settled() shouldBe 0
                session.statistics().queueDropped() shouldBe 1
                transport.openSockets() shouldBe 0
            }

            test("a stop does not wait for held packets beyond the settle time") {
                val transport = FakeNetfilter()
                val session = transport.session { settleTime(Duration.ZERO).onUnanswered { } }
                transport.enqueue(1)
                session.decide {
                    it.hold()
                    Verdict.HELD
                }
                session.stop()
                session.decide { Verdict.ACCEPT } shouldBe -1
                transport.outcome() shouldContainExactly listOf("1 dropped")
                session.statistics().settled() shouldBe 1
            }

            test("a close inside a decider takes effect after it") {
                val transport = FakeNetfilter()
                val session = transport.session()
                transport.enqueue(2)
                session.decide {
                    session.close()
                    Verdict.ACCEPT
                }
                transport.outcome() shouldContainExactly listOf("1 passed", "2 dropped")
                session.ended() shouldBe true
            }
        }

        test("a verdict that finds no packet is reported with its packet, counted, and the loop continues") {
            val transport = FakeNetfilter()
            val refusals = mutableListOf<VerdictRefusal>()
            transport.session { onRefused { refusals += it } }.use { session ->
                transport.nfqueue().enqueue(0, SampleNfqueue.of(*ByteArray(20)).inDevice(5))
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

        context("configuring an open queue") {
            test("sets and clears flags while another thread polls, and loses no packet") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    val polling =
                        thread { session.run(Decider<RuntimeException> { Verdict.ACCEPT }) }
                    val queue =
                        session
                            .options(0)
                            .toBuilder()
                            .failOpen(true)
                            .maximumLength(5)
                            .build()
                    session.configure(queue)
                    transport
                        .sent()
                        .last()
                        .attribute(NfqueueConfig.NFQA_CFG_FLAGS)
                        .get()
                        .toHex() shouldBe "00000001"
                    session.options(0).failOpen() shouldBe true
                    session.configure(queue.toBuilder().failOpen(false).build())
                    session.options(0).failOpen() shouldBe false
                    transport.enqueue(3)
                    transport.nfqueue().awaitDecided(3).map { it.short() } shouldContainExactly
                        listOf("1 passed", "2 passed", "3 passed")
                    session.stop()
                    polling.join()
                }
            }

            test("keeps packets that arrive before the kernel's answer") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.enqueue(2)
                    session.configure(
                        session
                            .options(0)
                            .toBuilder()
                            .gso(true)
                            .build(),
                    )
                    session.decide { Verdict.ACCEPT } + session.decide { Verdict.ACCEPT } shouldBe 2
                    transport.outcome() shouldContainExactly listOf("1 passed", "2 passed")
                }
            }

            test("restores the copy range that the session was opened with") {
                val transport = FakeNetfilter()
                val options = NfqueueOptions.builder().queue(0) { it.copyRange(1500) }.build()
                NfqueueSession.open(transport, options).use { session ->
                    val opened = session.options(0)
                    session.configure(opened.toBuilder().copyRange(128).build())
                    session.configure(opened)
                    transport
                        .nfqueue()
                        .queues()
                        .single()
                        .copyRange() shouldBe 1500
                    shouldThrow<IllegalArgumentException> {
                        session.configure(opened.toBuilder().copyRange(1501).build())
                    }.message shouldContain "larger than the session was opened for"
                }
            }

            test("is refused inside a decider, for another session's queue, and for packets larger than the slots") {
                val transport = FakeNetfilter()
                transport.session { queue(3) { it.copyRange(100) } }.use { session ->
                    transport.enqueue(1)
                    session.decide {
                        shouldThrow<IllegalStateException> { session.configure(session.options(0)) }
                        Verdict.ACCEPT
                    }
                    shouldThrow<IllegalArgumentException> { session.configure(session.options(0).withQueue(8)) }
                    shouldThrow<IllegalArgumentException> {
                        session.configure(
                            session
                                .options(3)
                                .toBuilder()
                                .conntrack(true)
                                .copyRange(65_531)
                                .build(),
                        )
                    }.message shouldContain "larger than the session was opened for"
                }
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
