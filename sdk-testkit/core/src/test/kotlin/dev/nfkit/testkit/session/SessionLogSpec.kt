// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session

import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import dev.nfkit.testkit.SamplePackets
import dev.nfkit.testkit.SocketEffect
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.io.path.readText

private val udp = SamplePackets.udp4()

/** The lines of the loggers of nfkit, at all levels, while a block runs. */
private fun logged(block: () -> Unit): List<LogRecord> {
    val records = CopyOnWriteArrayList<LogRecord>()
    val logger = Logger.getLogger("dev.nfkit")
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                records += record
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    val level = logger.level
    val parents = logger.useParentHandlers
    handler.level = Level.ALL
    logger.level = Level.ALL
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = parents
        logger.level = level
    }
    return records
}

private fun lines(records: List<LogRecord>) = records.map { it.level.toString() + " " + it.message }

class SessionLogSpec :
    FunSpec({
        test("a session logs its beginning and its end with all counters at DEBUG, and nothing for its packets") {
            val kernel = FakeNetfilter()
            val records =
                logged {
                    NfqueueSession.open(kernel, NfqueueOptions.builder().queue(3).build()).use { session ->
                        repeat(100) { kernel.nfqueue().enqueue(3, udp) }
                        session.run<RuntimeException> { packet ->
                            if (packet.id() == 100L) session.stop()
                            Verdict.ACCEPT
                        }
                    }
                    NflogSession
                        .open(
                            kernel,
                            NflogOptions
                                .builder()
                                .group(5)
                                .group(6)
                                .build(),
                        ).use { session ->
                            repeat(100) { kernel.nflog().log(5, udp) }
                            session.stop()
                            session.run<RuntimeException> { } shouldBe 100
                        }
                    ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build()).close()
                }
            records.map { it.loggerName.substringAfterLast('.') } shouldContainExactly
                listOf("NfqueueSession", "NflogSession", "ConntrackEvents").flatMap { listOf(it, it) }
            records.forAll { it.level shouldBe Level.FINE }
            records[0].message shouldStartWith "queue 3: opened, port "
            records[1].message shouldContain "delivered=100"
            records[2].message shouldStartWith "group 5, 6: opened, port "
            records[3].message shouldContain "delivered=100"
        }

        test("losses are warnings, the first and then when their count has doubled, with the count in each line") {
            val kernel = FakeNetfilter()
            val records =
                logged {
                    val options =
                        NflogOptions
                            .builder()
                            .group(30)
                            .receiveBuffer(8_192)
                            .build()
                    NflogSession.open(kernel, options).use { session ->
                        repeat(16) {
                            repeat(300) { kernel.nflog().log(30, udp) }
                            while (session.poll<RuntimeException>({ }, Duration.ZERO) > 0) {
                                // all that the buffer has
                            }
                        }
                    }
                }
            val warnings = lines(records).filter { it.startsWith("WARNING") }
            val line = Regex("WARNING group 30: \\d+ packets were lost at the socket \\((\\d+) so far\\)")
            val totals = warnings.map { line.matchEntire(it)!!.groupValues[1].toLong() }
            totals.size shouldBeGreaterThan 2
            totals.zipWithNext().forAll { (before, next) ->
                next shouldBeGreaterThanOrEqual
                    2 * before.takeHighestOneBit()
            }
        }

        test("lost events are a warning of their session, too") {
            val kernel = FakeNetfilter()
            val records =
                logged {
                    ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build()).use { session ->
                        kernel.socket().effect(SocketEffect.Overrun(12))
                        session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe 1
                    }
                }
            lines(records).filter { it.startsWith("WARNING") } shouldContainExactly
                listOf("WARNING 12 events were lost at the socket (12 so far)")
        }

        test("refused verdicts are warnings with the first packet, unless a handler takes them") {
            val kernel = FakeNetfilter()
            val records =
                logged {
                    for (handled in listOf(true, false)) {
                        val options = NfqueueOptions.builder().queue(3)
                        if (handled) options.onRefused { }
                        NfqueueSession.open(kernel, options.build()).use { session ->
                            repeat(4) {
                                kernel.nfqueue().enqueue(3, SampleNfqueue.of(udp).inDevice(7))
                                session.poll<RuntimeException>(
                                    {
                                        kernel.nfqueue().deviceDown(7)
                                        Verdict.ACCEPT
                                    },
                                    Duration.ZERO,
                                )
                            }
                            session.poll<RuntimeException>({ Verdict.ACCEPT }, Duration.ZERO)
                            session.statistics().gone() shouldBe 4
                        }
                    }
                }
            lines(records).filter { it.startsWith("WARNING") } shouldContainExactly
                listOf("3/1" to 1, "3/2" to 2, "3/4" to 4).map { (packet, total) ->
                    "WARNING the kernel refused a verdict for queue/id $packet: " +
                        "ENOENT (No such file or directory) ($total so far)"
                }
        }

        test("each logger of the guide is named after a class") {
            val rows = Regex("(?m)^\\| (`dev\\.nfkit\\.[a-z.]+[A-Z]\\w+`[^|]*) \\| (losses|the same|the rule|how)")
            val names =
                rows
                    .findAll(Path.of("../../docs/guide/OPERATING.md").readText())
                    .flatMap { row -> Regex("`([^`]+)`").findAll(row.groupValues[1]).map { it.groupValues[1] } }
                    .toList()
            names.size shouldBe 8
            // The module of sockets is not on this class path.
            names.filterNot { "linux" in it }.forAll { Class.forName(it) }
        }
    })
