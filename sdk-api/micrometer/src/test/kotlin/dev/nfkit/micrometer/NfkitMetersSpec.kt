// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer

import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.ConntrackStatistics
import dev.nfkit.netfilter.EventStatistics
import dev.nfkit.netfilter.SessionStatistics
import dev.nfkit.netfilter.Statistics
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nfqueue.distinctStatistics
import dev.nfkit.nftables.trace.PathStatistics
import dev.nfkit.session.Counts
import dev.nfkit.session.EventCounter
import dev.nfkit.socket.QueueState
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.micrometer.core.instrument.Meter
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import java.lang.reflect.Modifier
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.TimeUnit
import kotlin.io.path.readText

private val udp = SamplePackets.udp4()

private val numbers = listOf(Long::class.java, Int::class.java, Boolean::class.java)

/** The accessors of a class that return a number or a flag, by their names. */
private fun accessors(type: Class<*>): Map<String, (Any) -> Double> =
    type.declaredMethods
        .filter { Modifier.isPublic(it.modifiers) && !Modifier.isStatic(it.modifiers) && it.parameterCount == 0 }
        .filter { it.returnType in numbers && it.name != "hashCode" }
        .associate { method ->
            method.name to { of ->
                when (val value = method.invoke(of)) {
                    is Boolean -> if (value) 1.0 else 0.0
                    else -> (value as Number).toDouble()
                }
            }
        }

private class Kind<S : Any>(
    val type: Class<S>,
    val readings: List<Reading<S>>,
    val sample: S?,
    val without: Map<String, String> = emptyMap(),
)

private val ofSessions = accessors(SessionStatistics::class.java).keys.associateWith { "read from received()" }

private val kinds =
    listOf(
        Kind(
            Statistics::class.java,
            Readings.OF_PACKETS,
            Statistics
                .none()
                .withDelivered(1)
                .withDatagrams(2)
                .withSocketDrops(3)
                .withSequenceGaps(4)
                .withTruncatedPackets(5)
                .withTruncatedDatagrams(6)
                .withMalformed(7)
                .withForeign(8)
                .withDiscarded(9),
        ),
        Kind(
            NfqueueStatistics::class.java,
            Readings.OF_DECISIONS,
            distinctStatistics(),
            ofSessions +
                mapOf("queueDropped" to "a meter of each queue", "userDropped" to "a meter of each queue"),
        ),
        Kind(
            QueueState::class.java,
            Readings.OF_QUEUES,
            QueueState(1, 2, 3, 4, 5, 6, 7, 8),
            listOf("queue", "portId", "copyMode", "copyRange", "lastId").associateWith { "identity or set-up" },
        ),
        Kind(
            EventStatistics::class.java,
            Readings.OF_EVENTS,
            EventStatistics(
                EventCounter.entries.fold(Counts.zero(EventCounter::class.java)) { all, counter ->
                    all.with(counter, 10L + counter.ordinal)
                },
            ),
        ),
        Kind(PathStatistics::class.java, Readings.OF_PATHS, PathStatistics(1, 2, 3, 4)),
        Kind(ConntrackStatistics::class.java, Readings.OF_TABLE, ConntrackStatistics(1, 2)),
        Kind(ConntrackMirror::class.java, Readings.OF_MIRROR, null),
    )

private fun <S : Any> check(kind: Kind<S>) {
    val all = accessors(kind.type)
    kind.readings.map { it.statistic } + kind.without.keys shouldContainExactlyInAnyOrder all.keys.toList()
    val sample = kind.sample ?: return
    for (reading in kind.readings) {
        withClue(reading.name) {
            reading.value.applyAsDouble(sample) shouldBe all.getValue(reading.statistic)(sample)
        }
    }
}

/** A meter as the guide lists it: name, type and base unit. */
private fun row(meter: Meter) =
    "${meter.id.name} ${if (meter.id.type == Meter.Type.GAUGE) "gauge" else "counter"} ${meter.id.baseUnit}"

private fun queue() = NfqueueOptions.builder().queue(3) { it.maximumLength(50) }.build()

class NfkitMetersSpec :
    FunSpec({
        for (kind in kinds) {
            test("each statistic of ${kind.type.simpleName} has a meter that reads it, or a reason") { check(kind) }
        }

        test("the guide to operating lists the meters that are registered, with type and base unit") {
            val registry = SimpleMeterRegistry()
            AllMeters().use { all ->
                all.bindTo(registry)
                val listed =
                    Regex("(?m)^\\| `(nfkit\\.[a-z.]+)` \\| (counter|gauge) \\| (\\w+) \\| .+ \\|$")
                        .findAll(Path.of("../../docs/guide/OPERATING.md").readText())
                        .map { it.destructured.toList().joinToString(" ") }
                        .toList()
                listed shouldContainExactlyInAnyOrder registry.meters.map(::row).distinct()
            }
            registry.meters.shouldBeEmpty()
        }

        test("meters under load show the counts of the session and of its queue, and stay after its end") {
            val kernel = FakeNetfilter().strictBatches(false)
            val registry = SimpleMeterRegistry()
            var now = 0L
            val session = NfqueueSession.open(kernel, queue())
            val meters = NfkitMeters { now }
            meters.addQueues("egress", session::statistics) { session.options(it).maximumLength() }
            meters.bindTo(registry)
            val decider = Decider<RuntimeException> { if (it.id() % 4 == 0L) Verdict.HELD else Verdict.DROP }

            fun value(name: String): Double {
                val found =
                    registry
                        .get(name)
                        .tag("session", "egress")
                        .tag("kind", "nfqueue")
                        .meter()
                return found.measure().single().value
            }
            repeat(40) {
                repeat(60) { kernel.nfqueue().enqueue(3, udp) } // ten more than fit
                while (session.poll(decider, Duration.ZERO) > 0) {
                    now += TimeUnit.SECONDS.toNanos(1)
                    value("nfkit.delivered") shouldBe session.statistics().delivered().toDouble()
                }
            }
            now += TimeUnit.SECONDS.toNanos(1)
            value("nfkit.delivered") shouldBe 2_000.0
            value("nfkit.nfqueue.decided") shouldBe 1_500.0
            value("nfkit.nfqueue.forgotten") shouldBe 500.0
            value("nfkit.nfqueue.queue.dropped") shouldBe 400.0
            value("nfkit.nfqueue.limit") shouldBe 50.0
            kernel.nfqueue().enqueue(3, udp)
            now += TimeUnit.SECONDS.toNanos(1)
            value("nfkit.nfqueue.waiting") shouldBe 1.0
            session.close()
            now += TimeUnit.SECONDS.toNanos(1)
            value("nfkit.discarded") shouldBe 1.0
            value("nfkit.nfqueue.queue.dropped") shouldBe 400.0
            meters.close()
            registry.meters.shouldBeEmpty()
        }

        test("the statistics are read once for all meters of a scrape, and not before") {
            val registry = SimpleMeterRegistry()
            var now = 0L
            var reads = 0
            val meters =
                NfkitMeters { now }.addPackets("nflog", "log") {
                    reads++
                    Statistics.none().withDelivered(reads.toLong())
                }
            meters.bindTo(registry)
            reads shouldBe 0
            for (scrape in 1..3) {
                registry.meters.forEach { it.measure().forEach { each -> each.value } }
                registry.get("nfkit.delivered").functionCounter().count() shouldBe scrape.toDouble()
                reads shouldBe scrape
                now += TimeUnit.SECONDS.toNanos(1)
            }
            meters.close()
        }

        test("workers have meters for each queue, and those of all sessions together") {
            val kernel = FakeNetfilter()
            val registry = SimpleMeterRegistry()
            NfqueueWorkers.open(kernel, NfqueueOptions.builder().queues(0, 3) { }.build()).use { workers ->
                NfkitMeters.nfqueue("balanced", workers::statistics).use { meters ->
                    meters.bindTo(registry)
                    val queues = registry.get("nfkit.nfqueue.waiting").meters().map { it.id.getTag("queue") }
                    queues shouldContainExactlyInAnyOrder listOf("0", "1", "2", "3")
                    registry.get("nfkit.delivered").meters().size shouldBe 1
                    registry.find("nfkit.nfqueue.limit").meters().shouldBeEmpty()
                }
            }
        }

        test("a second session of the same name and kind is refused, and adds nothing") {
            val kernel = FakeNetfilter()
            val registry = SimpleMeterRegistry()
            NflogSession.open(kernel, NflogOptions.builder().group(5).build()).use { session ->
                NfkitMeters.nflog("log", session::statistics).use { meters ->
                    meters.bindTo(registry)
                    val before = registry.meters.size
                    val same = NfkitMeters.nflog("log", session::statistics)
                    shouldThrow<IllegalStateException> { same.bindTo(registry) }.message!! shouldContain
                        "give each session a name of its own"
                    registry.meters.size shouldBe before
                    NfkitMeters.nflog("log2", session::statistics).bindTo(registry)
                    registry.meters.size shouldBe 2 * before
                }
            }
        }

        test("meters stay although the program keeps no reference to them") {
            val registry = SimpleMeterRegistry()
            NfkitMeters { 0 }.addPackets("nflog", "log") { Statistics.none().withDelivered(7) }.bindTo(registry)
            System.gc()
            registry.get("nfkit.delivered").functionCounter().count() shouldBe 7.0
        }
    })
