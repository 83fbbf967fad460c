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
import dev.nfkit.testkit.TestClock
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import jdk.jfr.EventType
import jdk.jfr.FlightRecorder
import jdk.jfr.Recording
import jdk.jfr.consumer.RecordedEvent
import jdk.jfr.consumer.RecordingFile
import java.io.File
import java.lang.management.ManagementFactory
import java.nio.file.Path
import java.time.Duration
import kotlin.io.path.createTempFile
import kotlin.io.path.deleteExisting
import kotlin.io.path.readText

private const val PACKETS = 4_000
private val udp = SamplePackets.udp4()
private val guide = Path.of("../../docs/guide/OPERATING.md")

private val names =
    listOf(
        "SessionOpened",
        "SessionClosed",
        "Overrun",
        "SlowCallback",
        "DeadlineVerdict",
        "UnansweredPacket",
        "RefusedVerdict",
    )

/** The events of nfkit that a block writes. Callbacks of any time count as slow. */
private fun recorded(block: () -> Unit): Map<String, List<RecordedEvent>> {
    val file = createTempFile("nfkit-", ".jfr")
    try {
        Recording().use { recording ->
            names.forEach { recording.enable("dev.nfkit.$it").withThreshold(Duration.ZERO) }
            recording.start()
            block()
            recording.stop()
            recording.dump(file)
        }
        return RecordingFile
            .readAllEvents(file)
            .filter { it.eventType.name.startsWith("dev.nfkit.") }
            .groupBy { it.eventType.name.removePrefix("dev.nfkit.") }
    } finally {
        file.deleteExisting()
    }
}

private fun queue(configure: NfqueueOptions.Builder.() -> Unit = {}): NfqueueOptions =
    NfqueueOptions
        .builder()
        .queue(3)
        .apply(configure)
        .build()

private fun packetIds(events: List<RecordedEvent>?) = events.orEmpty().map { it.getLong("packetId") }

class FlightEventsSpec :
    FunSpec({
        test("a recording under load has as many events as the statistics count") {
            val kernel = FakeNetfilter().strictBatches(false)
            var failed = 0L
            var forgotten = 0L
            var batches = 0
            val events =
                recorded {
                    NfqueueSession.open(kernel, queue()).use { session ->
                        repeat(PACKETS / 40) {
                            repeat(40) { kernel.nfqueue().enqueue(3, udp) }
                            while (session.statistics().delivered() % 40 != 0L ||
                                session.statistics().delivered() < (it + 1) * 40L
                            ) {
                                try {
                                    session.poll<RuntimeException>(
                                        { packet ->
                                            when {
                                                packet.id() % 100 == 0L -> error("refused by the decider")
                                                packet.id() % 100 == 1L -> Verdict.HELD
                                                else -> Verdict.ACCEPT
                                            }
                                        },
                                        Duration.ZERO,
                                    )
                                } catch (_: IllegalStateException) {
                                    // the next poll decides the packets after it
                                }
                                batches++
                            }
                        }
                        failed = session.statistics().failed()
                        forgotten = session.statistics().forgotten()
                    }
                }
            failed shouldBe PACKETS / 100
            forgotten shouldBe PACKETS / 100
            val causes = events.getValue("UnansweredPacket").groupingBy { it.getString("cause") }.eachCount()
            causes shouldBe mapOf("FAILED" to failed.toInt(), "FORGOTTEN" to forgotten.toInt())
            val slow = events.getValue("SlowCallback")
            slow.size shouldBe batches
            slow.sumOf { it.getInt("packets") } + failed shouldBe PACKETS
            events.getValue("SessionOpened").single().getString("source") shouldBe "queue 3"
            val closed = events.getValue("SessionClosed").single()
            closed.getLong("delivered") shouldBe PACKETS
            closed.getLong("portId") shouldBe slow.first().getLong("portId")
            closed.getString("session") shouldBe "NfqueueSession"
        }

        test("losses of packets are overruns, with their exact number") {
            val kernel = FakeNetfilter().strictBatches(false)
            var lost = 0L
            val events =
                recorded {
                    val options =
                        NflogOptions
                            .builder()
                            .group(30)
                            .receiveBuffer(8_192)
                            .build()
                    NflogSession.open(kernel, options).use { session ->
                        repeat(3) {
                            repeat(300) { kernel.nflog().log(30, udp) }
                            while (session.poll<RuntimeException>({ }, Duration.ZERO) > 0) {
                                // all that the buffer has
                            }
                        }
                        lost = session.statistics().sequenceGaps()
                    }
                }
            lost shouldBeGreaterThan 0
            events.getValue("Overrun").sumOf { it.getLong("lost") } shouldBe lost
            events.getValue("Overrun").map { it.getInt("source") }.distinct() shouldContainExactly listOf(30)
        }

        test("losses of connection events are overruns without a source") {
            val kernel = FakeNetfilter()
            val events =
                recorded {
                    ConntrackEvents.open(kernel, ConntrackEventOptions.builder().build()).use { session ->
                        kernel.socket().effect(SocketEffect.Overrun(12))
                        session.poll<RuntimeException>({ }, Duration.ofSeconds(1)) shouldBe 1
                    }
                }
            val overrun = events.getValue("Overrun").single()
            overrun.getLong("lost") shouldBe 12
            overrun.getInt("source") shouldBe -1
            overrun.getString("session") shouldBe "ConntrackEvents"
        }

        test("deadlines, ends and refusals have an event for each packet") {
            val clock = TestClock.manual()
            val kernel = FakeNetfilter(clock)
            val events =
                recorded {
                    val options = queue { deadline(Duration.ofSeconds(1)) }
                    NfqueueSession.open(kernel, options).use { session ->
                        kernel.nfqueue().enqueue(3, udp) // 1: held beyond its deadline
                        session.poll<RuntimeException>({ it.hold().let { Verdict.HELD } }, Duration.ZERO)
                        clock.advance(Duration.ofSeconds(2))
                        kernel.nfqueue().awaitDecided(1)
                        repeat(2) { kernel.nfqueue().enqueue(3, udp) } // 2 and 3: in a slow decider, and after it
                        session.poll<RuntimeException>(
                            {
                                clock.advance(Duration.ofSeconds(2))
                                Verdict.ACCEPT
                            },
                            Duration.ZERO,
                        )
                        kernel.nfqueue().enqueue(3, SampleNfqueue.of(udp).inDevice(7)) // 4: its device goes down
                        session.poll<RuntimeException>(
                            {
                                kernel.nfqueue().deviceDown(7)
                                Verdict.ACCEPT
                            },
                            Duration.ZERO,
                        )
                        kernel.nfqueue().enqueue(3, udp) // 5: held until the end
                        session.poll<RuntimeException>({ it.hold().let { Verdict.HELD } }, Duration.ZERO)
                        session.statistics().expired() shouldBe 3
                        session.statistics().gone() shouldBe 1
                    }
                }
            val late = events.getValue("DeadlineVerdict")
            packetIds(late) shouldContainExactlyInAnyOrder listOf(1L, 2L, 3L)
            late.filter { it.getBoolean("held") }.map { it.getLong("packetId") } shouldContainExactly listOf(1L)
            late.map { it.getString("verdict") }.distinct() shouldContainExactly listOf(Verdict.DROP.toString())
            val refused = events.getValue("RefusedVerdict").single()
            refused.getLong("packetId") shouldBe 4
            refused.getString("errno").startsWith("ENOENT") shouldBe true
            val unanswered = events.getValue("UnansweredPacket").single()
            unanswered.getLong("packetId") shouldBe 5
            unanswered.getString("cause") shouldBe "END"
        }

        test("a running recording costs no memory for each packet") {
            val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
            val kernel = FakeNetfilter().strictBatches(false)
            recorded {
                NflogSession.open(kernel, NflogOptions.builder().group(30).build()).use { session ->
                    fun allocated(packets: Int): Long {
                        repeat(packets) { kernel.nflog().log(30, udp) }
                        val before = threads.currentThreadAllocatedBytes
                        while (session.poll<RuntimeException>({ }, Duration.ZERO) > 0) {
                            // all
                        }
                        return threads.currentThreadAllocatedBytes - before
                    }
                    repeat(5) { allocated(500) }
                    // The fake and an event of a batch allocate, but no more for more packets of a datagram.
                    (1..10).minOf { allocated(500) } shouldBeLessThan 500L * 16
                }
            }
        }

        test(
            "each event has a label, a description and the category of nfkit, and the guide lists it with its fields",
        ) {
            recorded { } // registers the events
            val types = FlightRecorder.getFlightRecorder().eventTypes.filter { it.name.startsWith("dev.nfkit.") }
            types.map { it.name } shouldContainExactlyInAnyOrder names.map { "dev.nfkit.$it" }
            types.forEach { type ->
                type.categoryNames shouldContainExactly listOf("nfkit")
                (type.label.isNotBlank() && type.description.isNotBlank()) shouldBe true
            }
            val documented =
                guide
                    .readText()
                    .lines()
                    .filter { Regex("^\\| `dev\\.nfkit\\.[A-Z].*").matches(it) }
                    .associate { row ->
                        val code = Regex("`([^`]+)`").findAll(row).map { it.groupValues[1] }.toList()
                        code.first() to code.drop(1)
                    }
            documented shouldBe types.associate { it.name to ownFields(it) }
            types
                .single { it.name.endsWith("SlowCallback") }
                .settingDescriptors
                .single { it.name == "threshold" }
                .defaultValue shouldBe "20 ms"
        }

        test("without the module jdk.jfr a session works, and records nothing") {
            val classPath =
                listOf(WithoutFlightRecorder::class, FakeNetfilter::class, NflogSession::class, Unit::class)
                    .map {
                        Path.of(
                            it.java.protectionDomain.codeSource.location
                                .toURI(),
                        )
                    }.distinct()
                    .joinToString(File.pathSeparator)
            val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
            val process =
                ProcessBuilder(
                    listOf(java, "-XX:TieredStopAtLevel=1", "--limit-modules", "java.logging", "-cp", classPath) +
                        WithoutFlightRecorder::class.java.name,
                ).redirectErrorStream(true).start()
            process.inputStream
                .bufferedReader()
                .readText()
                .trim() shouldBe "delivered 1"
            process.waitFor() shouldBe 0
        }
    })

/** The fields of an event apart from those that all events have. */
private fun ownFields(type: EventType): List<String> {
    val common = setOf("startTime", "duration", "eventThread", "stackTrace", "session", "portId")
    return type.fields.map { it.name } - common
}

/** A program that runs in a JVM without Flight Recorder. */
internal object WithoutFlightRecorder {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val kernel = FakeNetfilter()
        NflogSession.open(kernel, NflogOptions.builder().group(30) { it.threshold(1) }.build()).use { session ->
            kernel.nflog().log(30, udp)
            println("delivered " + session.poll<RuntimeException>({ }, Duration.ZERO))
        }
    }
}
