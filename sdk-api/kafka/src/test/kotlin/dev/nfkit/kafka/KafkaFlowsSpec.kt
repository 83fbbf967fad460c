// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka

import dev.nfkit.flows.FlowEnd
import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowRecord
import dev.nfkit.flows.FlowTime
import dev.nfkit.kafka.schema.FlowMessage
import dev.nfkit.kafka.schema.LedgerMessage
import dev.nfkit.kafka.spool.SpoolLimits
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import org.apache.kafka.clients.producer.MockProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.errors.AuthorizationException
import org.apache.kafka.common.errors.RecordTooLargeException
import org.apache.kafka.common.errors.TimeoutException
import org.apache.kafka.common.serialization.ByteArraySerializer
import java.io.IOException
import java.nio.file.Path
import java.time.Duration
import java.util.Optional
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.TimeUnit

private val MINUTE = Duration.ofMinutes(1)

private class Producer(
    complete: Boolean = true,
) : MockProducer<ByteArray, ByteArray>(complete, null, ByteArraySerializer(), ByteArraySerializer()) {
    val flows: List<FlowRecord>
        get() = history().filter { it.topic() == "nfkit-flows" }.map { FlowMessages.readFlow(it.value()) }

    val ledger: List<LedgerMessage>
        get() = history().filter { it.topic() == "nfkit-ledger" }.map { LedgerMessage.parseFrom(it.value()) }

    /** Waits until a number of records has been sent, which wait for their completion. */
    fun awaitSent(number: Int): List<ProducerRecord<ByteArray, ByteArray>> {
        val stop = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
        while (history().size < number && System.nanoTime() < stop) Thread.sleep(1)
        return history()
    }

    override fun flush() = Unit // the test completes the sends

    override fun close(timeout: Duration) = Unit // it is used again
}

class KafkaFlowsSpec :
    FunSpec({
        fun directory(): Path = tempdir().toPath().resolve("spool")

        fun open(
            producer: Producer,
            directory: Path = directory(),
            configure: KafkaFlowsOptions.Builder.() -> Unit = {},
        ) = KafkaFlows.open(
            KafkaFlowsOptions.builder("nowhere:1", "fw1", directory).apply(configure).build(),
        ) { producer }

        test("records arrive in order, with the flow's id as their key") {
            val producer = Producer()
            open(producer).use { kafka ->
                repeat(100) { kafka.report(record(it)) }
                kafka.await(MINUTE) shouldBe true
                producer.flows shouldContainExactly List(100) { record(it) }
                producer
                    .history()
                    .map { it.key().toList() }
                    .toSet()
                    .size shouldBe 100
                producer.history()[0].key().toList() shouldBe List(7) { 0.toByte() } + 7 + List(8) { 0.toByte() }
                kafka.statistics().stored() shouldBe 100
                kafka.statistics().waiting() shouldBe 0
                kafka.spooledEnds() shouldBe 100
            }
        }

        test("each entry has its number in the spool, which goes on after a restart") {
            val directory = directory()
            val producers = List(2) { Producer() }
            val loss =
                FlowLoss("fw1", FlowLoss.Place.SOCKET, FlowTime.atReceipt(1), FlowTime.atReceipt(2), 1, 0, 0, 1)
            repeat(2) {
                open(producers[it], directory).use { kafka ->
                    kafka.report(record(it))
                    kafka.report(loss)
                    kafka.spooledLedgerEntries() shouldBe it + 1
                    kafka.await(MINUTE) shouldBe true
                    producers[it].ledger.single().spoolMadeNs shouldBe kafka.spoolMade()
                }
            }
            val flows =
                producers.flatMap { it.history() }.filter { it.topic() == "nfkit-flows" }.map {
                    FlowMessage.parseFrom(
                        it.value(),
                    )
                }
            flows.map { it.spoolNumber } shouldContainExactly listOf(0L, 2L)
            producers.flatMap { it.ledger }.map { it.spoolNumber } shouldContainExactly listOf(1L, 3L)
            flows.map { it.spoolMadeNs }.toSet() shouldBe producers.flatMap { it.ledger }.map { it.spoolMadeNs }.toSet()
        }

        test("a failed send is repeated from the oldest record on that is not stored, and the reason is visible") {
            val producer = Producer(complete = false)
            open(producer).use { kafka ->
                repeat(3) { kafka.report(record(it)) }
                producer.awaitSent(3)
                producer.completeNext()
                producer.errorNext(TimeoutException("no broker"))
                producer.completeNext()
                producer.awaitSent(5).drop(3).map { FlowMessages.readFlow(it.value()) } shouldContainExactly
                    listOf(record(1), record(2))
                kafka.statistics().failures() shouldBe 1
                kafka.statistics().problem() shouldBe Optional.of("TimeoutException: no broker")
                repeat(2) { producer.completeNext() }
                kafka.await(MINUTE) shouldBe true
                kafka.statistics().problem() shouldBe Optional.empty()
            }
        }

        test("a broker that refuses does not stop the meter: reports wait in the spool") {
            val producer = Producer()
            producer.sendException = AuthorizationException("not for you")
            open(producer).use { kafka ->
                repeat(50) { kafka.report(record(it)) }
                kafka.await(Duration.ofMillis(300)) shouldBe false
                kafka.statistics().waiting() shouldBe 50
                kafka.statistics().problem().get() shouldContain "not for you"
                producer.sendException = null
                kafka.await(MINUTE) shouldBe true
                producer.flows.toSet() shouldBe (0 until 50).map { record(it) }.toSet()
            }
        }

        test("a producer that failed again and again is replaced by another one") {
            val producers = ConcurrentLinkedQueue<Producer>()
            val options = KafkaFlowsOptions.builder("nowhere:1", "fw1", directory()).build()
            KafkaFlows
                .open(options) {
                    Producer().also {
                        if (producers.isEmpty()) it.sendException = AuthorizationException("not for you")
                        producers += it
                    }
                }.use { kafka ->
                    kafka.report(record(1))
                    kafka.await(MINUTE) shouldBe true
                    producers.size shouldBe 2
                    producers.last().flows shouldContainExactly listOf(record(1))
                }
        }

        test("what was not stored is sent after a restart") {
            val directory = directory()
            open(Producer(complete = false), directory).use { kafka -> repeat(10) { kafka.report(record(it)) } }
            val producer = Producer()
            open(producer, directory).use { kafka ->
                kafka.await(MINUTE) shouldBe true
                producer.flows shouldContainExactly List(10) { record(it) }
                kafka.spooledEnds() shouldBe 10
            }
        }

        test("what the spool drops is reported as a loss, with the number of flows whose last record it was") {
            val producer = Producer(complete = false)
            producer.sendException = TimeoutException("no broker")
            val directory = directory()
            open(producer, directory) { limits(SpoolLimits(1 shl 20, Duration.ofHours(1))) }.use { kafka ->
                val total = 40_000
                repeat(total) { kafka.report(record(it, if (it % 2 == 0) FlowEnd.ACTIVE else FlowEnd.CLOSED)) }
                val lost = kafka.statistics().lost()
                lost shouldBeGreaterThan 0
                val auto = Producer()
                kafka.close()
                open(auto, directory).use { it.await(MINUTE) shouldBe true }
                val losses = auto.ledger.map { FlowMessages.toLoss(it.loss) }
                losses.map { it.place() }.toSet() shouldBe setOf(FlowLoss.Place.SPOOL)
                // A loss that is dropped later counts as an entry, too.
                auto.flows.size + losses.sumOf { it.events() } shouldBeGreaterThanOrEqual total.toLong()
                auto.flows.count { !it.isOpen } + losses.sumOf { it.unseen() } shouldBe total / 2
            }
        }

        test("a report that is too large for the broker is given up, and the others go on") {
            val producer = Producer(complete = false)
            open(producer).use { kafka ->
                repeat(2) { kafka.report(record(it)) }
                producer.awaitSent(2)
                producer.errorNext(RecordTooLargeException("too large"))
                producer.completeNext()
                kafka.await(MINUTE) shouldBe true
                kafka.statistics().lost() shouldBe 1
            }
        }

        test("losses and counts go to the ledger, with what identifies them") {
            val producer = Producer()
            open(producer).use { kafka ->
                val time = FlowTime.atReceipt(1)
                val loss = FlowLoss("fw1", FlowLoss.Place.SOCKET, time, time, 5, 1, 2, 1)
                kafka.report(loss)
                kafka.report(record(1))
                kafka.report(loss)
                kafka.await(MINUTE) shouldBe true
                producer.ledger.map { it.host to it.spoolNumber } shouldContainExactly listOf("fw1" to 0L, "fw1" to 2L)
                producer.ledger.map { FlowMessages.toLoss(it.loss) }.toSet() shouldBe setOf(loss)
                producer.ledger
                    .map { it.spoolMadeNs }
                    .toSet()
                    .size shouldBe 1
            }
        }

        test("a closed sink refuses reports, and a wrong property of the producer is named") {
            val kafka = open(Producer())
            kafka.close()
            kafka.close()
            shouldThrow<IOException> { kafka.report(record(1)) }.message shouldContain "is closed"
            shouldThrow<IOException> {
                KafkaFlows.open(
                    KafkaFlowsOptions.builder("a b c", "fw1", directory()).producer("linger.ms", "soon").build(),
                )
            }.message shouldContain "linger.ms"
        }
    })
