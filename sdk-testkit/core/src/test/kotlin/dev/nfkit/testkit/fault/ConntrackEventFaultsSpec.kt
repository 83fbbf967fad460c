// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.conntrack.event.ConntrackEventOptions
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.conntrack.event.ConntrackMirror
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

/** The first datagrams answer the request by which the opening finds out whether the kernel tracks connections. */
private const val OPENING = 2L

private fun at(
    number: Long,
    fault: Fault,
) = FaultPlan.seeded(1).at(number, fault)

private class SinkError : Error()

/** A session of events with a plan of faults. */
private class Listening(
    plan: FaultPlan,
) : AutoCloseable {
    val kernel = FakeNetfilter()
    val transport = FaultyTransport(kernel, plan)
    val events: ConntrackEvents = ConntrackEvents.open(transport, ConntrackEventOptions.builder().build())

    fun poll(timeout: Duration = Duration.ofSeconds(1)): List<String> {
        val received = mutableListOf<String>()
        events.poll<RuntimeException>({
            received += if (it is ConntrackEvent.Overrun) "lost ${it.lost()}" else it.javaClass.simpleName
        }, timeout)
        return received
    }

    fun connections(count: Int) =
        repeat(count) {
            kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 1000 + it, "10.0.0.2", 53)))
        }

    override fun close() = events.close()
}

class ConntrackEventFaultsSpec :
    FunSpec({
        test("lost events are reported at the position of the loss") {
            Listening(at(OPENING + 2, Fault.Overrun(2))).use {
                it.connections(4)
                it.poll() shouldContainExactly listOf("New")
                it.poll() shouldContainExactly listOf("New", "lost 2")
            }
        }

        test("a malformed event is reported as lost, so that a mirror dumps again") {
            listOf(Fault.Truncated(40), Fault.FlippedBit(31)).forEach { fault ->
                Listening(at(OPENING + 1, fault)).use {
                    it.connections(1)
                    it.poll() shouldContainExactly listOf("lost 1")
                    it.kernel.clock().nanoTime() shouldBe 0
                    it.poll() shouldContainExactly listOf()
                    val mirror = ConntrackMirror(Conntrack.open(it.kernel), ConntrackFilter.all())
                    mirror.apply<RuntimeException>(ConntrackEvent.Overrun(1)) { }
                    mirror.size() shouldBe 1
                }
            }
        }

        test("an overrun is delivered again until the sink returns, before any newer event and with its count") {
            Listening(at(OPENING + 1, Fault.Overrun(2))).use {
                it.connections(3)
                val failures = listOf(IllegalStateException("no table"), SinkError())
                failures.forEach { failure ->
                    val thrown =
                        shouldThrow<Throwable> {
                            it.events.poll<RuntimeException>(
                                { event -> if (event is ConntrackEvent.Overrun) throw failure },
                                Duration.ofSeconds(1),
                            )
                        }
                    thrown shouldBe failure
                }
                it.kernel.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.9", 9, "10.0.0.2", 53)))
                it.poll() shouldContainExactly listOf("lost 2")
                it.poll() shouldContainExactly listOf("New")
                it.events.statistics().overruns() shouldBe 1
            }
        }

        test("an overrun that was never handled is delivered after the end of the session, once") {
            Listening(at(OPENING + 1, Fault.Overrun(2))).use {
                it.connections(3)
                shouldThrow<SinkError> {
                    it.events.poll<RuntimeException>(
                        { event -> if (event is ConntrackEvent.Overrun) throw SinkError() },
                        Duration.ofSeconds(1),
                    )
                }
                it.events.stop()
                it.poll() shouldContainExactly listOf("lost 2")
                it.events.poll<RuntimeException>({ error("$it") }, Duration.ZERO) shouldBe -1
            }
        }

        test("a duplicated event changes a mirror once") {
            Listening(at(OPENING + 1, Fault.Duplicated())).use {
                it.connections(1)
                it.poll() shouldContainExactly listOf("New", "New")
            }
        }
    })
