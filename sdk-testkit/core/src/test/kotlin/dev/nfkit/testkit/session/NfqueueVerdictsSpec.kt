// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

private fun FakeNetfilter.session(configure: NfqueueOptions.Builder.() -> Unit = {}): NfqueueSession =
    NfqueueSession.open(
        this,
        NfqueueOptions
            .builder()
            .queue(0)
            .apply(configure)
            .build(),
    )

private fun FakeNetfilter.enqueue(count: Int) = repeat(count) { nfqueue().enqueue(0, SampleNfqueue.of(ByteArray(20))) }

private fun NfqueueSession.decide(decider: (QueuedPacket) -> Verdict): Int =
    poll(Decider<RuntimeException> { decider(it) }, Duration.ZERO)

private fun FakeNetfilter.outcome() =
    nfqueue().decided().map { "${it.id()} ${if (it.dropped()) "dropped" else "passed"}" }

/** The verdicts of packets in ambiguous cases, as the kernel receives them. */
class NfqueueVerdictsSpec :
    FunSpec({
        // Half of the ids are negative as an int: 0x7fffffff is followed by the lowest of them.
        for (start in listOf(0x7fff_fffeL, 0xffff_fffeL)) {
            test("a batch does not cover a held packet, across the change from $start on") {
                val transport = FakeNetfilter()
                transport.session().use { session ->
                    transport.nfqueue().nextId(0, start)
                    transport.enqueue(4)
                    val ids = (start..start + 3).map { it and 0xffff_ffffL }
                    var held: QueuedPacket? = null
                    session.decide {
                        if (it.id() == ids[1]) {
                            held = it.hold()
                            Verdict.HELD
                        } else {
                            Verdict.ACCEPT
                        }
                    }
                    val others = listOf(ids[0], ids[2], ids[3])
                    transport.outcome() shouldContainExactly others.map { "$it passed" }
                    held!!.answer(Verdict.DROP) shouldBe true
                    transport.outcome().last() shouldBe "${ids[1]} dropped"
                }
            }
        }

        test("the session's deadline of a held packet counts from its receipt, not from hold()") {
            val transport = FakeNetfilter()
            transport.session { deadline(Duration.ofSeconds(2), Verdict.ACCEPT) }.use { session ->
                transport.enqueue(1)
                var held: QueuedPacket? = null
                session.decide {
                    transport.clock().advance(Duration.ofSeconds(1))
                    held = it.hold()
                    Verdict.HELD
                }
                transport.outcome() shouldContainExactly emptyList()
                transport.clock().advance(Duration.ofSeconds(1))
                held!!.answer(Verdict.DROP) shouldBe false
                transport.nfqueue().awaitDecided(1)
                transport.outcome() shouldContainExactly listOf("1 passed")
                session.statistics().expired() shouldBe 1
            }
        }

        for ((failure, close) in listOf(Verdict.ACCEPT to Verdict.DROP, Verdict.DROP to Verdict.ACCEPT)) {
            test(
                "a decider that throws after hold() gives the failure verdict $failure, not the close verdict $close",
            ) {
                val transport = FakeNetfilter()
                transport.session { failureVerdict(failure).closeVerdict(close) }.use { session ->
                    transport.enqueue(1)
                    shouldThrow<IllegalArgumentException> {
                        session.decide {
                            it.hold()
                            throw IllegalArgumentException()
                        }
                    }
                    transport.nfqueue().decided().single().let {
                        it.dropped() shouldBe (failure == Verdict.DROP)
                        it.departure() shouldBe Departure.VERDICT
                    }
                    session.statistics().failed() shouldBe 1
                }
            }
        }

        test("a close while a decider runs counts as decided only the verdicts sent to the kernel") {
            val transport = FakeNetfilter()
            val session = transport.session()
            transport.enqueue(3)
            val working = CountDownLatch(1)
            val release = CountDownLatch(1)
            val poller =
                thread {
                    session.decide {
                        if (it.id() == 2L) {
                            working.countDown()
                            release.await(30, TimeUnit.SECONDS)
                        }
                        Verdict.ACCEPT
                    }
                }
            working.await(30, TimeUnit.SECONDS) shouldBe true
            session.close()
            release.countDown()
            poller.join()
            session.ended() shouldBe true
            val byVerdict = transport.nfqueue().decided().count { it.departure() != Departure.SOCKET_CLOSED }
            val statistics = session.statistics()
            statistics.decided() shouldBe byVerdict.toLong()
            statistics.received().let { it.delivered() + it.discarded() } shouldBe
                statistics.decided() + statistics.settled()
            transport.nfqueue().decided().size shouldBe 3
        }
    })
