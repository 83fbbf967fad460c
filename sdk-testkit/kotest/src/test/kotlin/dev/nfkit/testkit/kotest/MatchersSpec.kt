// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kotest

import dev.nfkit.Bytes
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.should
import io.kotest.matchers.shouldNot
import io.kotest.matchers.string.shouldContain
import java.time.Duration

class MatchersSpec :
    FunSpec({
        extension(NetfilterExtension)

        fun FakeNetfilter.decide(verdict: (QueuedPacket) -> Verdict) =
            NfqueueSession.open(this, NfqueueOptions.builder().queue(3).build()).use { session ->
                nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4()))
                session.poll<RuntimeException>({ verdict(it) }, Duration.ZERO)
                session.statistics().shouldHaveDecidedAll()
                session.statistics().received().shouldHaveLostNothing()
                nfqueue().decided().single()
            }

        fun refused(assertion: () -> Unit): String = shouldThrow<AssertionError>(assertion).message!!

        test("the matchers describe an accepted packet") {
            val packet = fakeKernel().decide { it.accept().mark(0x2a) }
            packet.shouldBePassed().shouldNotBeDropped()
            packet shouldHaveVerdict Verdict.ACCEPT shouldHaveMark 0x2a shouldHaveDeparted Departure.VERDICT
            packet shouldHavePayload packet.payload()
            packet shouldNot havePayload(Bytes.of(1))
            refused { packet.shouldBeDropped() } shouldContain "mark 0x2a"
            refused { packet shouldHaveVerdict Verdict.DROP } shouldContain "should have the verdict"
            refused { packet shouldHaveMark 7 } shouldContain "should have the mark 0x7"
            refused { packet shouldHaveDeparted Departure.QUEUE_FULL } shouldContain "QUEUE_FULL"
        }

        test("the matchers describe a dropped packet") {
            val packet = fakeKernel().decide { Verdict.DROP }
            packet.shouldBeDropped() shouldHaveVerdict Verdict.DROP
            packet shouldNot bePassed()
            refused { packet.shouldBePassed() } shouldContain "should have passed"
            refused { packet.shouldNotBeDropped() } shouldContain "should not be dropped"
        }

        test("a packet that the kernel dropped has no verdict") {
            val kernel = fakeKernel()
            kernel.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4()))
            val packet = kernel.nfqueue().decided().single()
            packet.shouldBeDropped() shouldHaveDeparted Departure.NO_QUEUE
            packet shouldNot haveVerdict(Verdict.DROP)
        }

        test("a payload that differs is shown with the position of the first difference") {
            val packet = fakeKernel().decide { it.accept() }
            val other = packet.payload().toArray().also { it[5] = (it[5] + 1).toByte() }
            refused { packet shouldHavePayload Bytes.of(*other) } shouldContain "from byte 5 on"
            refused { packet shouldHavePayload Bytes.of(*other.copyOf(4)) } shouldContain "from byte 4 on"
        }

        test("a loss is named with its number") {
            val lossy =
                Statistics
                    .none()
                    .withDelivered(10)
                    .withDatagrams(10)
                    .withSocketDrops(3)
                    .withForeign(1)
            lossy shouldNot haveLostNothing()
            val message = refused { lossy should haveLostNothing() }
            message shouldContain "3 socket drops"
            message shouldContain "1 foreign"
        }
    })
