// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nflog

import dev.nfkit.nflog.NflogConfig
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

class NflogEndSpec :
    FunSpec({
        test("a stop delivers what the kernel still held, and then ends") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(1024) })
            repeat(50) { transport.log("p$it") }
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe 0
            session.stop()
            var delivered = 0L
            session.run<RuntimeException> { delivered++ } shouldBe 50L
            delivered shouldBe 50L
            session.ended() shouldBe true
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
            session.statistics().delivered() shouldBe 50
            session.statistics().discarded() shouldBe 0
            session.close()
            transport.verify()
        }

        test("a stop from another thread ends a waiting run") {
            val transport =
                FakeNetfilter(
                    dev.nfkit.testkit.TestClock
                        .real(),
                )
            val session = NflogSession.open(transport, options { it.threshold(1) })
            val first = CountDownLatch(1)
            var delivered = 0L
            val runner = thread { delivered = session.run<RuntimeException> { first.countDown() } }
            transport.log("one")
            first.await(10, TimeUnit.SECONDS) shouldBe true
            session.stop()
            runner.join(10_000)
            runner.isAlive shouldBe false
            delivered shouldBe 1L
        }

        test("a stop whose answer was lost unbinds again, and delivers waiting packets") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(1024) })
            val unbinds = { transport.sent().count { it.attribute(NflogConfig.NFULA_CFG_CMD).get().u8(0) == 2 } }
            repeat(3) { transport.log("p$it") }
            transport.onRequest { true }.withoutAcknowledgement().times(1)
            session.stop()
            session.prefixes() shouldContainExactly listOf("p0", "p1", "p2")
            session.run<RuntimeException> { } shouldBe 0L
            unbinds() shouldBe 2
            session.ended() shouldBe true
        }

        test("a stop whose answer was always lost still ends") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options())
            transport
                .onRequest { it.attribute(NflogConfig.NFULA_CFG_CMD).map { c -> c.u8(0) == 2 }.orElse(false) }
                .withoutAcknowledgement()
                .times(1)
            session.stop()
            session.run<RuntimeException> { } shouldBe 0L
            session.ended() shouldBe true
        }

        test("a close discards, and counts undelivered packets, including those that the kernel held") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(4) })
            repeat(10) { transport.log("p$it") } // 8 of them are on the socket, 2 in the kernel
            session.close()
            session.statistics().discarded() shouldBe 10
            session.statistics().delivered() shouldBe 0
            session.ended() shouldBe true
            session.close()
            transport.verify()
        }

        test("a close keeps counting after a handler throws, and the session's statistics can still be read") {
            val transport = FakeNetfilter()
            val options =
                NflogOptions
                    .builder()
                    .group(30)
                    .onMalformed { error("the handler's own mistake") }
                    .build()
            val session = NflogSession.open(transport, options)
            val bad = SampleNflog.of(byteArrayOf(1)).group(30).toDatagram()
            transport.socket().deliver(*bad, 9, 0, 0, 0) // a truncated header after a good message
            transport.socket().deliver(*sample("good").group(30).toDatagram())
            session.close()
            session.statistics().discarded() shouldBe 2
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
        }

        test("a close inside a callback ends the session when it returns") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(4) })
            repeat(4) { transport.log("p$it") }
            var seen = 0
            session.poll<RuntimeException>({
                seen++
                session.close()
                session.ended() shouldBe false
            }, Duration.ZERO) shouldBe 1
            seen shouldBe 1
            session.ended() shouldBe true
            session.statistics().discarded() shouldBe 3
            session.poll<RuntimeException>({ }, Duration.ZERO) shouldBe -1
        }

        test("a stop inside a callback delivers the rest") {
            val transport = FakeNetfilter()
            val session = NflogSession.open(transport, options { it.threshold(4) })
            repeat(6) { transport.log("p$it") }
            session.run<RuntimeException> { session.stop() } shouldBe 6L
            session.ended() shouldBe true
        }

        test("a close from another thread ends a waiting run, without an exception") {
            val transport =
                FakeNetfilter(
                    dev.nfkit.testkit.TestClock
                        .real(),
                )
            val session = NflogSession.open(transport, options())
            var result = 0L
            val runner = thread { result = session.run<RuntimeException> { } - 1 }
            session.close()
            runner.join(10_000)
            runner.isAlive shouldBe false
            result shouldBe -1L
            transport.openSockets() shouldBe 0
        }
    })
