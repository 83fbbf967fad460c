// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.SystemCallException
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleTuple
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.time.Duration

/** The first datagrams answer the request by which the opening finds out whether the kernel tracks connections. */
private const val OPENING = 2L

private fun FakeNetfilter.connections(
    count: Int,
    first: Int = 1000,
) = repeat(count) { conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", first + it, "10.0.0.2", 53))) }

private fun <T> client(
    plan: FaultPlan,
    connections: Int = 3,
    body: Conntrack.(FakeNetfilter) -> T,
): T {
    val kernel = FakeNetfilter()
    kernel.connections(connections)
    return Conntrack.open(FaultyTransport(kernel, plan)).use { it.body(kernel) }
}

private fun Conntrack.count() = list(ConntrackFilter.all()).size

private fun at(
    number: Long,
    fault: Fault,
) = FaultPlan.seeded(1).at(number, fault)

class ConntrackFaultsSpec :
    FunSpec({
        test("a dump of which a part was lost fails, instead of being reported as complete") {
            client(at(OPENING + 1, Fault.Overrun(1)), connections = 200) {
                shouldThrow<SystemCallException> { count() }.errno() shouldBe Errno.ENOBUFS
                count() shouldBe 200
            }
        }

        test("a connection whose answer was lost is not reported as absent") {
            client(at(OPENING + 1, Fault.Overrun(1))) {
                val wanted =
                    ConntrackTuple.udp(InetAddress.getByName("10.0.0.1"), 1000, InetAddress.getByName("10.0.0.2"), 53)
                shouldThrow<SystemCallException> { get(wanted) }.errno() shouldBe Errno.ENOBUFS
                get(wanted).isPresent shouldBe true
            }
        }

        test("a truncated part fails the dump") {
            client(at(OPENING + 1, Fault.Truncated(100))) {
                shouldThrow<SystemCallException> { count() }.errno() shouldBe Errno.EMSGSIZE
                count() shouldBe 3
            }
        }

        test("an interrupted dump is reported as interrupted") {
            client(at(2, Fault.InterruptedDump())) {
                dump<RuntimeException> { }.interrupted() shouldBe true
                dump<RuntimeException> { }.interrupted() shouldBe false
            }
        }

        test("a delayed acknowledgement is waited for") {
            client(at(OPENING, Fault.DelayedAcknowledgement(Duration.ofSeconds(2)))) { kernel ->
                flush()
                kernel.clock().nanoTime() shouldBe Duration.ofSeconds(2).toNanos()
            }
        }

        test("an acknowledgement that is too late does not disturb a later request") {
            client(at(OPENING, Fault.DelayedAcknowledgement(Duration.ofSeconds(6)))) { kernel ->
                shouldThrow<SystemCallException> { flush() }.errno() shouldBe Errno.ETIMEDOUT
                kernel.clock().advance(Duration.ofSeconds(2))
                flush()
                count() shouldBe 0
            }
        }

        test("a missing acknowledgement fails the request after its timeout") {
            client(at(OPENING, Fault.MissingAcknowledgement())) {
                shouldThrow<SystemCallException> { flush() }.errno() shouldBe Errno.ETIMEDOUT
            }
        }

        test("a refused acknowledgement is the kernel's refusal") {
            client(at(OPENING, Fault.RefusedAcknowledgement(Errno.EINVAL, "no"))) {
                shouldThrow<KernelRefusedException> { flush() }.errno() shouldBe Errno.EINVAL
            }
        }

        test("in a silence a dump fails after its timeout") {
            client(at(OPENING + 1, Fault.Silence())) {
                shouldThrow<SystemCallException> { count() }.errno() shouldBe Errno.ETIMEDOUT
            }
        }

        test("a client whose socket is closed in the middle reports that") {
            client(at(OPENING + 1, Fault.Closed())) {
                shouldThrow<SystemCallException> { count() }.errno() shouldBe Errno.EBADF
            }
        }
    })
