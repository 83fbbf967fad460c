// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream

import dev.nfkit.flows.FlowEnd
import dev.nfkit.kafka.schema.CountsMessage
import dev.nfkit.kafka.schema.LedgerMessage
import dev.nfkit.samples.fleet.nanos
import dev.nfkit.samples.fleet.record
import dev.nfkit.samples.fleet.spooled
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import org.apache.kafka.common.serialization.ByteArraySerializer
import org.apache.kafka.common.utils.Bytes
import org.apache.kafka.streams.TestInputTopic
import org.apache.kafka.streams.TopologyTestDriver
import java.nio.file.Path
import java.time.Duration
import java.time.Instant

private class Job(
    state: Path,
) : AutoCloseable {
    private val driver =
        TopologyTestDriver(
            FleetTopology.of("flows", "ledger", Duration.ofHours(1)),
            StreamOptions("none:1", state, "localhost:1", Duration.ofHours(1), 1).properties(),
        )
    private val flows = topic("flows")
    private val ledger = topic("ledger")

    private fun topic(name: String): TestInputTopic<ByteArray, ByteArray> =
        driver.createInputTopic(name, ByteArraySerializer(), ByteArraySerializer())

    fun flow(value: ByteArray?) = flows.pipeInput(ByteArray(16), value)

    fun ledger(value: ByteArray?) = ledger.pipeInput(ByteArray(1), value)

    /** Counts of faults. */
    fun fault(
        kind: String,
        host: String = "",
        store: String = FleetTopology.FLOW_FAULTS,
    ) = Faults.number(driver.getKeyValueStore<Bytes, ByteArray>(store).get(Keys.host("$kind\n$host")))

    /** Last records of flows up to a number. */
    fun ends(last: Long) =
        Received(
            driver.getKeyValueStore<Bytes, ByteArray>(FleetTopology.RECEIVED).get(Keys.host("client", 5, 1_000, 0)),
        ).ends(0, -1, last)

    fun bytes(
        kind: String,
        name: String,
    ) = driver
        .getWindowStore<Bytes, ByteArray>(FleetTopology.SUMS)
        .fetch(Keys.host("$kind\nclient\n$name"), Instant.EPOCH, Instant.now())
        .use { it.asSequence().sumOf { sum -> Traffic.read(sum.value).bytes() } }

    override fun close() = driver.close()
}

class FleetTopologySpec :
    FunSpec({
        test("a record that is sent again is stored and summed once") {
            Job(tempdir().toPath()).use { job ->
                val sent = record().spooled(3).toByteArray()
                repeat(3) { job.flow(sent) }
                job.fault(Faults.DUPLICATE, "client") shouldBe 2
                job.ends(2) shouldBe 0
                job.ends(3) shouldBe 1
                job.bytes("address", "10.0.0.1") shouldBe 3_000
            }
        }

        test("records of a flow that goes on are no ends") {
            Job(tempdir().toPath()).use { job ->
                job.flow(record(reason = FlowEnd.ACTIVE).spooled(0).toByteArray())
                job.flow(record(sequence = 1).spooled(1).toByteArray())
                job.ends(1) shouldBe 1
                job.bytes("process", "(not-asked)") shouldBe 6_000
            }
        }

        test("without a number of a spool, flow, meter and sequence identify a record") {
            Job(tempdir().toPath()).use { job ->
                val plain =
                    record()
                        .spooled(0)
                        .toBuilder()
                        .clearSpoolMadeNs()
                        .clearSpoolNumber()
                        .build()
                        .toByteArray()
                repeat(2) { job.flow(plain) }
                job.fault(Faults.DUPLICATE, "client") shouldBe 1
            }
        }

        test("malformed records are counted and skipped") {
            Job(tempdir().toPath()).use { job ->
                job.flow(null)
                job.flow(byteArrayOf(1, 2, 3))
                job.flow(
                    record()
                        .spooled(0)
                        .toBuilder()
                        .setHost("")
                        .build()
                        .toByteArray(),
                )
                job.flow(
                    record()
                        .spooled(0)
                        .toBuilder()
                        .setSpoolNumber(-1)
                        .build()
                        .toByteArray(),
                )
                job.flow(record().spooled(1).toByteArray())
                job.fault(Faults.MALFORMED) shouldBe 4
                job.ends(1) shouldBe 1
                job.ledger(null)
                job.ledger(byteArrayOf(1, 2, 3))
                job.ledger(
                    LedgerMessage
                        .newBuilder()
                        .setHost("client")
                        .build()
                        .toByteArray(),
                )
                job.fault(Faults.MALFORMED, store = FleetTopology.LEDGER_FAULTS) shouldBe 3
            }
        }

        test("a clock that jumps expires nothing") {
            Job(tempdir().toPath()).use { job ->
                job.flow(record().spooled(0).toByteArray())
                job.flow(record(end = Instant.now() + Duration.ofDays(4_000), sequence = 1).spooled(1).toByteArray())
                job.flow(record(end = Instant.now() - Duration.ofDays(4_000), sequence = 2).spooled(2).toByteArray())
                job.ledger(
                    LedgerMessage
                        .newBuilder()
                        .setHost("client")
                        .setCounts(CountsMessage.newBuilder().setTimeNs(nanos(Instant.now() + Duration.ofDays(4_000))))
                        .build()
                        .toByteArray(),
                )
                job.fault(Faults.CLOCK_AHEAD, "client") shouldBe 1
                job.fault(Faults.TOO_OLD, "client") shouldBe 1
                job.ends(2) shouldBe 3
                job.bytes("address", "10.0.0.1") shouldBe 6_000
            }
        }
    })
