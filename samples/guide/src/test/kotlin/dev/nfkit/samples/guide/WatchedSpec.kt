// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide

import dev.nfkit.health.HealthCheck
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import org.springframework.boot.health.contributor.Status
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.time.Duration
import kotlin.concurrent.thread

class WatchedSpec :
    FunSpec({
        val options = NfqueueOptions.builder().queue(0) { it.maximumLength(10) }.build()

        test("the session of the guide has meters while it runs") {
            val kernel = FakeNetfilter()
            val registry = SimpleMeterRegistry()
            val serving = thread { Watched.serve(kernel, options, registry) }
            kernel.await("the meters") { registry.find("nfkit.nfqueue.decided").meter() != null }
            kernel.nfqueue().enqueue(0, SamplePackets.udp4())
            kernel.nfqueue().awaitDecided(1)
            serving.interrupt()
            kernel.socket().wakeup()
            serving.join()
            registry.meters.shouldBeEmpty()
        }

        test("the health of the guide goes down with the packets that a full queue drops") {
            val kernel = FakeNetfilter()
            NfqueueSession.open(kernel, options).use { session ->
                val check = HealthCheck.of(session)
                val indicator = QueueHealthIndicator(check)

                fun health() = checkNotNull(indicator.health())
                health().status shouldBe Status.UP
                repeat(9) { kernel.nfqueue().enqueue(0, SamplePackets.udp4()) }
                health().status shouldBe Status.UP
                health().details.keys shouldContainExactly setOf("queue-nearly-full")
                repeat(3) { kernel.nfqueue().enqueue(0, SamplePackets.udp4()) }
                health().status shouldBe Status.DOWN
                session.poll<RuntimeException>({ Verdict.ACCEPT }, Duration.ZERO)
                val printed = ByteArrayOutputStream()
                Watched.ready(check, PrintStream(printed)) shouldBe false
                printed.toString() shouldStartWith
                    "PROBLEM: 2 packets were dropped because a queue was full; raise maximumLength"
            }
        }
    })
