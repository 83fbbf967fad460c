// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.conntrack.ConntrackAttribute
import dev.nfkit.conntrack.ConntrackExpectation
import dev.nfkit.conntrack.ConntrackStatus
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.event.ConntrackEvent.ExpectationDestroyed
import dev.nfkit.conntrack.event.ConntrackEvent.ExpectationNew
import dev.nfkit.conntrack.event.ConntrackEvent.New
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.table.NewExpectation
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import java.net.ServerSocket
import java.net.Socket
import java.time.Duration

private val all = address("255.255.255.255")
private val none = address("0.0.0.0")

/** An expected connection from a host to a port. */
private fun expectation(
    master: ConntrackTuple,
    port: Int,
) = NewExpectation
    .of(
        master,
        ConntrackTuple.tcp(address("10.1.0.2"), 0, address("10.1.0.1"), port),
        ConntrackTuple.tcp(all, 0, all, 65_535),
        Duration.ofSeconds(1),
    ).helper("ftp")

/** Why the kernel has no helper for FTP, or null if it has one. */
private val noHelper: String? by lazy {
    Live.noNamespaces ?: Live.demanded(
        runCatching { withTable { it.create(connection(tcp(1, 21)).helper("ftp")) } }.exceptionOrNull()?.message,
    )
}

private val needsHelper: (TestCase) -> Enabled = { Live.enabled(noHelper) }

class ConntrackExpectationsSpec :
    FunSpec({
        test("an expectation is created, found, listed and deleted").config(enabledOrReasonIf = needsHelper) {
            withTable { table ->
                val master = tcp(40_000, 21)
                table.create(connection(master).helper("ftp"))
                val expectations = table.expectations()
                expectations.list() shouldBe emptyList()
                val wanted = expectation(master, 5_000)
                expectations.get(wanted.tuple()).isPresent shouldBe false
                expectations.create(wanted)
                val other = tcp(40_001, 21) // FTP announces one connection at a time
                table.create(connection(other).helper("ftp"))
                expectations.create(expectation(other, 5_001))
                val found = expectations.get(wanted.tuple()).get()
                found.tuple().get().destinationPort() shouldBe 5_000
                found.tuple().get().source() shouldBe address("10.1.0.2")
                found.mask().get().source() shouldBe all
                found.master().get() shouldBe master
                found.helper().get() shouldBe "ftp"
                found.timeout().asLong shouldBeInRange 300 - BOUND_SECONDS..300L // the helper's own
                expectations.list().map { it.tuple().get().destinationPort() }.sorted() shouldBe listOf(5_000, 5_001)
                table.get(master).get().helper() shouldBe "ftp"

                expectations.delete(wanted.tuple()) shouldBe true
                expectations.delete(wanted.tuple()) shouldBe false
                expectations.flush("sip")
                expectations.list().size shouldBe 1
                expectations.flush("ftp")
                expectations.list() shouldBe emptyList()
                expectations.create(wanted)
                expectations.flush()
                expectations.list() shouldBe emptyList()
            }
        }

        test("an invalid expectation is refused with its reason").config(enabledOrReasonIf = needsHelper) {
            withTable { table ->
                val missing =
                    shouldThrow<KernelRefusedException> { table.expectations().create(expectation(tcp(1, 21), 5_000)) }
                missing.refusal() shouldBe Refusal.NOT_FOUND
                table.create(connection(tcp(1, 21)))
                val helpless =
                    shouldThrow<KernelRefusedException> { table.expectations().create(expectation(tcp(1, 21), 5_000)) }
                helpless.refusal() shouldBe Refusal.NOT_SUPPORTED
            }
        }

        test("a connection announced by FTP is expected, and then related").config(enabledOrReasonIf = needsHelper) {
            withTable { table ->
                iptables("-t raw -A OUTPUT -p tcp --dport 21 -j CT --helper ftp")
                val session =
                    events {
                        kinds(
                            ConntrackEventKind.NEW,
                            ConntrackEventKind.EXPECTATION_NEW,
                            ConntrackEventKind.EXPECTATION_DESTROYED,
                        )
                    }
                TcpPair(this, 21).use { control ->
                    val data = inside { ServerSocket(5_000, 1, address("127.0.0.1")) }
                    control.send("USER me\r\n") // the helper needs this to find where a line begins
                    control.send("PORT 127,0,0,1,${5_000 / 256},${5_000 % 256}\r\n")
                    val expected = table.expectations().list().single()
                    expected.tuple().get().destinationPort() shouldBe 5_000
                    expected.master().get() shouldBe control.tuple
                    expected.helper().get() shouldBe "ftp"
                    tool("-L expect").lines().single { "dport=5000" in it }.contains("helper=ftp") shouldBe true

                    val connected = inside { Socket(address("127.0.0.1"), 5_000) }
                    val tuple =
                        ConntrackTuple.tcp(
                            connected.localAddress,
                            connected.localPort,
                            connected.inetAddress,
                            5_000,
                        )
                    val related = table.get(tuple).get()
                    related.`is`(ConntrackStatus.EXPECTED) shouldBe true
                    related.has(ConntrackAttribute.TUPLE_MASTER) shouldBe true
                    related.master() shouldBe control.tuple
                    table.expectations().list() shouldBe emptyList()

                    val reported = session.rest()
                    // Over the loopback the helper sees the announcement both when it leaves and when it arrives.
                    val begun = reported.filterIsInstance<ExpectationNew>().last().expectation()
                    begun.withoutTime() shouldBe expected.withoutTime()
                    reported
                        .filterIsInstance<ExpectationDestroyed>()
                        .last()
                        .expectation()
                        .tuple() shouldBe expected.tuple()
                    reported.filterIsInstance<New>().map { it.entry().original() } shouldContain tuple
                    reported
                        .filterIsInstance<New>()
                        .single { it.entry().original() == tuple }
                        .entry()
                        .master() shouldBe
                        control.tuple
                    connected.close()
                    data.close()
                }
                session.close()
            }
        }
    })

private fun ConntrackExpectation.withoutTime() = listOf(id(), tuple(), mask(), master(), helper(), flags(), zone())
