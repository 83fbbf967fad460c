// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.socket.KernelView
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.reflect.Proxy
import java.util.Optional
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.function.Consumer
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/** Whose name the reports are logged in; each rig has its own. */
private sealed interface Source {
    object Unanswered : Source

    object Counted : Source

    object Glue : Source

    object Handlers : Source
}

/** The reports of a session, and what they log. */
private class ReportsRig(
    source: Source,
    configure: NfqueueOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    val records = LinkedBlockingQueue<LogRecord>()
    private val logger = Logger.getLogger(source.javaClass.name)
    private val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                records += record
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    val options: NfqueueOptions =
        NfqueueOptions
            .builder()
            .apply(configure)
            .apply { queue(3) }
            .build()
    val reports = Reports(options, source.javaClass)

    init {
        logger.addHandler(handler)
        logger.useParentHandlers = false
    }

    /** Waits for what is logged next. */
    fun logged(): LogRecord = checkNotNull(records.poll(1, TimeUnit.MINUTES)) { "nothing is logged" }

    /** Waits until all reports have been made. */
    fun settle() {
        val made = CountDownLatch(1)
        reports.later(made::countDown)
        made.await(1, TimeUnit.MINUTES).shouldBeTrue()
    }

    override fun close() {
        logger.removeHandler(handler)
        logger.useParentHandlers = true
    }
}

private fun packets(
    count: Int,
    cause: Unanswered.Cause = Unanswered.Cause.DEADLINE,
): List<Unanswered> = List(count) { Unanswered(QueuedPacket.read(message(), 0), cause, Verdict.DROP) }

class ReportsSpec :
    FunSpec({
        test("packets without an answer are logged with their number, the first of them, and the reason") {
            ReportsRig(Source.Unanswered).use { rig ->
                rig.reports.expired(listOf())
                rig.settle()
                rig.records.shouldBeEmpty()
                rig.reports.expired(packets(10))
                rig.logged().message.let {
                    it shouldContain "10 held packets were not answered within their deadline and got NF_DROP"
                    it shouldContain List(10) { "7/4278190085" }.joinToString(", ", "queue/id ", " (10 so far)")
                }
                rig.reports.expired(packets(1)) // too few to be logged again
                rig.settle()
                rig.records.shouldBeEmpty()
                rig.reports.expired(packets(11))
                rig.logged().message shouldContain
                    List(10) { "7/4278190085" }.joinToString(", ", "id ", ", … (22 so far)")
                rig.reports.settled(packets(30, Unanswered.Cause.END))
                rig.settle()
                rig.records.shouldBeEmpty()
                rig.reports.end()
                rig.records.single().message shouldContain "before the end of the session"
                rig.reports.end()
                rig.records.size shouldBe 1
            }
        }

        test("a handler gets packets without an answer, those of the end on the thread that ends the session") {
            val got = LinkedBlockingQueue<Pair<Unanswered.Cause, Thread>>()
            ReportsRig(Source.Handlers) { onUnanswered { got += it.cause() to Thread.currentThread() } }.use { rig ->
                rig.reports.expired(packets(2))
                rig.settle()
                rig.reports.settled(packets(1, Unanswered.Cause.END))
                rig.reports.settled(packets(1, Unanswered.Cause.END))
                got.size shouldBe 2
                rig.reports.end()
                got.map { it.first.name } shouldContainExactly listOf("DEADLINE", "DEADLINE", "END", "END")
                got.map { it.second == Thread.currentThread() } shouldContainExactly listOf(false, false, true, true)
                rig.records.shouldBeEmpty()
            }
        }

        test("after the end no report starts a thread") {
            fun threads() = Thread.getAllStackTraces().keys.filter { it.name == "nfqueue-reports" }
            val before = threads()
            ReportsRig(Source.Unanswered).use { rig ->
                rig.reports.end()
                rig.reports.later { error("it is dropped") }
                (threads() - before.toSet()).shouldBeEmpty()
            }
        }

        test("what a handler throws is logged and keeps no packet from it; at the end the first Error is thrown") {
            val thrown =
                ArrayDeque(listOf(AssertionError("first"), IllegalStateException("next"), AssertionError("last")))
            ReportsRig(Source.Handlers) { onUnanswered { throw thrown.removeFirst() } }.use { rig ->
                rig.reports.settled(packets(3))
                val error = shouldThrow<AssertionError> { rig.reports.end() }
                error.message shouldBe "first"
                error.suppressed.map { it.message } shouldContainExactly listOf("last")
                rig.logged().let {
                    it.message shouldContain "the handler onUnanswered threw (1 so far)"
                    it.thrown shouldBeSameInstanceAs error
                }
            }
            ReportsRig(Source.Handlers) { onUnanswered { error("by the test") } }.use { rig ->
                rig.reports.settled(packets(1))
                rig.reports.end()
            }
        }

        test("an exception of a handler on the polling thread is logged, an Error is thrown") {
            ReportsRig(Source.Handlers).use { rig ->
                val got = mutableListOf<Int>()
                rig.reports.call("onGone", Consumer { got += it }, 5)
                got shouldContainExactly listOf(5)
                val problem = IllegalStateException("by the test")
                rig.reports.call("onGone", Consumer<Int> { throw problem }, 5)
                rig.logged().let {
                    it.message shouldContain "the handler onGone threw"
                    it.thrown shouldBeSameInstanceAs problem
                }
                shouldThrow<AssertionError> { rig.reports.call("onGone", Consumer<Int> { throw AssertionError() }, 5) }
                rig.settle()
                rig.records.shouldBeEmpty()
            }
        }

        test("slow deciders, missing verdicts and failed sends are logged with their number, each at times") {
            ReportsRig(Source.Counted).use { rig ->
                rig.reports.slowDecider(3)
                rig.logged().message shouldContain "a decider took longer than the deadline: 3 packets so far got "
                rig.reports.slowDecider(0)
                rig.reports.noVerdict(true)
                rig.logged().message shouldContain
                    "a decider returned HELD without calling hold(); the packet got the " +
                    "failure verdict NF_DROP (1 so far)"
                rig.reports.noVerdict(false)
                rig.logged().message shouldContain "a decider returned null; "
                rig.reports.noVerdict(false)
                val problem = IllegalStateException("by the test")
                rig.reports.watchdogFailed(problem)
                rig.logged().let {
                    it.message shouldContain "tried again (1 failures so far)"
                    it.thrown shouldBeSameInstanceAs problem
                }
                rig.reports.unsent(problem)
                rig.logged().message shouldContain "(2 failures so far)"
                rig.reports.unsent(problem)
                rig.settle()
                rig.records.shouldBeEmpty()
            }
        }

        test("a kernel that ignores changes of connections is reported once, unless a queue has connections already") {
            for ((supported, connections) in listOf(
                Optional.of(false) to false,
                Optional.of(true) to false,
                Optional.empty<Boolean>() to false,
                Optional.of(false) to true,
            )) {
                var asked = 0
                val kernel =
                    Proxy.newProxyInstance(
                        ReportsSpec::class.java.classLoader,
                        arrayOf(KernelView::class.java),
                    ) { _, _, _ ->
                        asked++
                        supported
                    } as KernelView
                ReportsRig(Source.Glue) { queue(NfqueueQueue.builder(4).conntrack(connections).build()) }.use { rig ->
                    val glue = ConntrackGlue(rig.options, kernel, rig.reports)
                    repeat(2) { glue.used() }
                    rig.settle()
                    asked shouldBe if (connections) 0 else 1
                    val warned = !connections && supported == Optional.of(false)
                    rig.records.size shouldBe if (warned) 1 else 0
                    if (warned) rig.logged().message shouldContain "CONFIG_NETFILTER_NETLINK_GLUE_CT"
                }
            }
        }
    })
