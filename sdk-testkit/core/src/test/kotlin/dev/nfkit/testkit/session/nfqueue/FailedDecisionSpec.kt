// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.FailedDecision
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.io.IOException

/** Ends the run with the packet of a given id. */
private fun NfqueueSession.until(
    last: Long,
    decider: Decider<Exception>,
): Decider<Exception> =
    Decider { packet ->
        if (packet.id() == last) stop()
        decider.decide(packet)
    }

class FailedDecisionSpec :
    FunSpec({
        fun FakeNetfilter.dropped() = nfqueue().decided().filter { it.dropped() }.map { it.id() }

        test("a run continues after exceptions of the decider, and their packets get the verdict of the handler") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(4)
                val failures = mutableListOf<Exception>()
                session.run(
                    session.until(4) {
                        if (it.id() % 2 ==
                            0L
                        ) {
                            throw IOException("packet ${it.id()}")
                        } else {
                            Verdict.DROP
                        }
                    },
                ) { packet, failure ->
                    failures += failure
                    packet.accept().mark(packet.id())
                } shouldBe 4
                failures.map { it.message } shouldContainExactly listOf("packet 2", "packet 4")
                transport.dropped() shouldContainExactly listOf(1, 3)
                session.statistics().failed() shouldBe 0
            }
        }

        test("a packet that was held before the exception is answered, or stays held until the end") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(2)
                session.run(
                    session.until(2) {
                        it.hold()
                        throw IOException("held")
                    },
                ) { packet, _ -> if (packet.id() == 1L) Verdict.ACCEPT else Verdict.HELD }
                transport.outcome() shouldContainExactly listOf("1 passed", "2 dropped")
            }
        }

        test("what the handler throws ends the run, and its packet gets the failure verdict") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(2)
                shouldThrow<IllegalStateException> {
                    session.run(
                        { throw IOException("decider") },
                        { _, failure -> throw IllegalStateException(failure) },
                    )
                }.cause?.message shouldBe "decider"
                transport.dropped() shouldContainExactly listOf(1)
                session.decide { Verdict.ACCEPT } shouldBe 1
            }
        }

        test("an error is not passed to the handler") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(1)
                shouldThrow<StackOverflowError> {
                    session.run({ throw StackOverflowError() }, FailedDecision { _, _ -> Verdict.ACCEPT })
                }
                transport.dropped() shouldContainExactly listOf(1)
            }
        }

        test("an interrupt is kept, and ends the run after its batch") {
            val transport = FakeNetfilter()
            transport.session().use { session ->
                transport.enqueue(2)
                session.run({ throw InterruptedException() }, { _, _ -> Verdict.DROP }) shouldBe 2
                Thread.interrupted() shouldBe true
                transport.dropped() shouldContainExactly listOf(1, 2)
            }
        }
    })
