// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows

import dev.nfkit.conntrack.TcpState
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private const val ASSURED = 4L
private const val CONFIRMED = 8L

class FlowEndSpec :
    FunSpec({
        fun end(
            connection: SampleConntrack,
            seconds: Long,
            change: SampleConntrack.() -> Unit = {},
        ): FlowEnd {
            Metering(kernel = { settings().timestamps(true) }).use { metering ->
                metering.poll()
                val id = metering.conntrack.add(connection)
                metering.poll()
                metering.conntrack.change(id) { it.change() }
                metering.advance(seconds)
                if (metering.records.isEmpty()) {
                    metering.conntrack.remove(id)
                    metering.poll()
                }
                return metering.records.single().reason()
            }
        }

        test("TCP that was closed or reset is closed, whenever the kernel removes it") {
            for (state in TcpState.values()) {
                val closed = state == TcpState.TIME_WAIT || state == TcpState.CLOSE
                val reason = end(tcp(1).timeout(300), 1) { tcp(state.number()).status(ASSURED or CONFIRMED) }
                (state to reason) shouldBe (state to if (closed) FlowEnd.CLOSED else FlowEnd.TIMED_OUT)
            }
        }

        test("a connection that the kernel removes at its time has timed out") {
            end(udp(1).timeout(30), 31) shouldBe FlowEnd.TIMED_OUT
        }

        test("a connection that the kernel removes before its time was evicted") {
            end(udp(1).timeout(30), 4) shouldBe FlowEnd.EVICTED
        }

        test("an assured connection is never evicted, so that it has timed out, however short its time was") {
            end(udp(1).timeout(30), 4) { status(ASSURED or CONFIRMED) } shouldBe FlowEnd.TIMED_OUT
        }

        test("SCTP after its shutdown is closed") {
            val sctp = SampleConntrack.of(SampleTuple.ports(132, "10.0.0.1", 1, "10.0.0.2", 2))
            end(sctp.timeout(300), 1) { sctp(7, 1, 2).status(ASSURED or CONFIRMED) } shouldBe FlowEnd.CLOSED
        }

        test("a connection that a program removes is deleted, even if it was closed") {
            Metering().use { metering ->
                metering.poll()
                metering.conntrack.add(tcp(1, TcpState.TIME_WAIT.number()))
                Conntrack.open(metering.transport).use { it.flush() }
                metering.poll()
                metering.records.single().reason() shouldBe FlowEnd.DELETED
            }
        }
    })
