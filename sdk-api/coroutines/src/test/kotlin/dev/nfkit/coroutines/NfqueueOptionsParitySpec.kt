// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.CopyMode
import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueQueue
import dev.nfkit.nfqueue.Unanswered
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.VerdictRefusal
import dev.nfkit.nftables.PacketRule
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.time.Duration
import java.util.Optional
import java.util.OptionalInt
import java.util.function.Consumer
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val malformed = MalformedHandler { }
private val refused = Consumer<VerdictRefusal> { }
private val unanswered = Consumer<Unanswered> { }
private val marked = Verdict.ACCEPT.mark(7)

private val queueSettings =
    mapOf<String, Setting<NfqueueQueueBuilder, NfqueueQueue>>(
        "copyMode" to Setting(NfqueueQueue::copyMode, CopyMode.META) { copyMode = CopyMode.META },
        "copyRange" to Setting(NfqueueQueue::copyRange, 128) { copyRange = 128 },
        "maximumLength" to Setting(NfqueueQueue::maximumLength, 9) { maximumLength = 9 },
        "failOpen" to Setting(NfqueueQueue::failOpen, true) { failOpen = true },
        "conntrack" to Setting(NfqueueQueue::conntrack, true) { conntrack = true },
        "gso" to Setting(NfqueueQueue::gso, true) { gso = true },
        "uidGid" to Setting(NfqueueQueue::uidGid, true) { uidGid = true },
        "securityContext" to Setting(NfqueueQueue::securityContext, true) { securityContext = true },
    )

private val queues = { options: NfqueueOptions -> options.queues().map { it.queue() to it.copyRange() } }

private val optionSettings =
    mapOf<String, Setting<NfqueueOptionsBuilder, NfqueueOptions>>(
        "receiveBuffer" to
            Setting(NfqueueOptions::receiveBuffer, OptionalInt.of(65536)) { receiveBuffer = 65536 },
        "sendBuffer" to Setting(NfqueueOptions::sendBuffer, 65536) { sendBuffer = 65536 },
        "batchSize" to Setting(NfqueueOptions::batchSize, 5) { batchSize = 5 },
        "spin" to Setting(NfqueueOptions::spin, Duration.ofNanos(50_000)) { spin = 50.microseconds },
        "failureVerdict" to Setting(NfqueueOptions::failureVerdict, marked) { failureVerdict = marked },
        "deadline" to
            Setting({ it.deadline() to it.deadlineVerdict() }, Optional.of(Duration.ofSeconds(2)) to marked) {
                deadline(3.seconds, marked)
                deadline = 2.seconds
            },
        "closeVerdict" to Setting(NfqueueOptions::closeVerdict, marked) { closeVerdict = marked },
        "settleTime" to Setting(NfqueueOptions::settleTime, Duration.ofSeconds(9)) { settleTime = 9.seconds },
        "onMalformed" to Setting(NfqueueOptions::malformedHandler, Optional.of(malformed)) { onMalformed(malformed) },
        "onRefused" to Setting(NfqueueOptions::refusalHandler, Optional.of(refused)) { onRefused(refused) },
        "rule" to
            Setting({ it.rule().map { rule -> rule.text() } }, Optional.of("tcp dport 443")) {
                rule("udp dport 53")
                rule(PacketRule.of("tcp dport 443"))
            },
        "onUnanswered" to
            Setting(NfqueueOptions::unansweredHandler, Optional.of(unanswered)) { onUnanswered(unanswered) },
        "queue" to
            Setting(queues, listOf(1 to 65531, 2 to 99, 30 to 65531)) {
                queue(1)
                queue(NfqueueQueue.builder(2).copyRange(99).build())
            },
        "queues" to
            Setting(queues, listOf(1 to 99, 2 to 99, 30 to 65531)) {
                queues(1, 2) { copyRange = 99 }
            },
    )

class NfqueueOptionsParitySpec :
    FunSpec({
        test("each option of Java's queue builder is one of Kotlin's, and vice versa") {
            val java = NfqueueQueue.Builder::class.java.options()
            NfqueueQueueBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder java
            queueSettings.keys shouldContainExactlyInAnyOrder java
        }

        test("each option of Java's session builder is one of Kotlin's, which adds the capacity for batches") {
            val java = NfqueueOptions.Builder::class.java.options()
            NfqueueOptionsBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder java + "batchCapacity"
            optionSettings.keys shouldContainExactlyInAnyOrder java
        }

        test("a queue's defaults are Java's") {
            NfqueueQueueBuilder(3).build().values() shouldBe NfqueueQueue.builder(3).build().values()
            val kotlin = NfqueueQueueBuilder(3)
            val java = NfqueueQueue.builder(3).build()
            kotlin.copyMode shouldBe java.copyMode()
            kotlin.copyRange shouldBe java.copyRange()
            kotlin.maximumLength shouldBe java.maximumLength()
            kotlin.failOpen shouldBe java.failOpen()
            kotlin.conntrack shouldBe java.conntrack()
            kotlin.gso shouldBe java.gso()
            kotlin.uidGid shouldBe java.uidGid()
            kotlin.securityContext shouldBe java.securityContext()
        }

        test("a session's defaults are Java's") {
            val kotlin = NfqueueOptionsBuilder().apply { queue(0) }
            val java = NfqueueOptions.builder().queue(0).build()
            (kotlin.build().values() - "queues") shouldBe (java.values() - "queues")
            kotlin.receiveBuffer shouldBe null
            kotlin.sendBuffer shouldBe java.sendBuffer()
            kotlin.batchSize shouldBe java.batchSize()
            kotlin.spin.inWholeNanoseconds shouldBe java.spin().toNanos()
            kotlin.failureVerdict shouldBe java.failureVerdict()
            kotlin.deadline shouldBe null
            kotlin.closeVerdict shouldBe null
            kotlin.settleTime.inWholeNanoseconds shouldBe java.settleTime().toNanos()
        }

        for ((name, setting) in queueSettings) {
            test("the queue's $name is passed on") {
                withClue("its default") {
                    setting.read(NfqueueQueue.builder(3).build()) shouldNotBe setting.expected
                }
                setting.read(NfqueueQueueBuilder(3).apply(setting.set).build()) shouldBe setting.expected
            }
        }

        for ((name, setting) in optionSettings) {
            test("the session's $name is passed on") {
                val built = NfqueueOptionsBuilder().apply(setting.set).apply { queue(30) }.build()
                setting.read(built) shouldBe setting.expected
            }
        }

        test("options that may be left to the session can be left to it again") {
            val options =
                NfqueueOptionsBuilder()
                    .apply {
                        queue(0)
                        receiveBuffer = 65536
                        deadline = 1.seconds
                        closeVerdict = Verdict.ACCEPT
                        receiveBuffer = null
                        deadline = null
                        closeVerdict = null
                    }.build()
            options.receiveBuffer() shouldBe OptionalInt.empty()
            options.deadline() shouldBe Optional.empty()
            options.closeVerdict() shouldBe Verdict.DROP
        }

        test("values out of range are refused when they are set") {
            NfqueueOptionsBuilder().apply {
                shouldThrow<IllegalArgumentException> { queue(65536) }
                shouldThrow<IllegalArgumentException> { queues(2, 1) }
                shouldThrow<IllegalArgumentException> { receiveBuffer = 4095 }
                shouldThrow<IllegalArgumentException> { sendBuffer = 4095 }
                shouldThrow<IllegalArgumentException> { batchSize = 0 }
                shouldThrow<IllegalArgumentException> { batchCapacity = 0 }
                    .message shouldBe "batchCapacity 0 is out of 1 to 1024"
                shouldThrow<IllegalArgumentException> { spin = 2.seconds }
                shouldThrow<IllegalArgumentException> { failureVerdict = Verdict.HELD }
                shouldThrow<IllegalArgumentException> { closeVerdict = Verdict.HELD }
                shouldThrow<IllegalArgumentException> { deadline = 999.microseconds }
                shouldThrow<IllegalArgumentException> { deadline(1.milliseconds, Verdict.HELD) }
                shouldThrow<IllegalArgumentException> { settleTime = 2.days }
                receiveBuffer shouldBe null
                deadline shouldBe null
                closeVerdict shouldBe null
                queue(0) {
                    shouldThrow<IllegalArgumentException> { copyMode = CopyMode.NONE }
                    shouldThrow<IllegalArgumentException> { copyRange = -1 }
                    shouldThrow<IllegalArgumentException> { maximumLength = 0 }
                }
                shouldThrow<IllegalArgumentException> { queue(0) }.message shouldBe "queue 0 was added twice"
            }
        }
    })
