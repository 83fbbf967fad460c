// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.concurrent.TimeUnit

private const val PINGS = 5

/** Sends echo requests of one connection, fast enough to wait in the queue together. */
private fun Namespace.ping(count: Int): Process =
    ProcessBuilder(
        listOf(
            "ip",
            "netns",
            "exec",
            name,
            "ping",
            "-q",
            "-e",
            "7",
            "-c",
            "$count",
            "-i",
            "0.01",
            "-W",
            "1",
            "127.0.0.1",
        ),
    ).redirectErrorStream(true).start()

/** Queues echo requests that leave, and counts those that arrive. */
private fun Namespace.queuePings(table: String) {
    iptables("-A INPUT -p icmp --icmp-type 8 -m conntrack --ctstate NEW,ESTABLISHED -m comment --comment counted")
    iptables("-t $table -A OUTPUT -p icmp --icmp-type 8 -j NFQUEUE --queue-num 0")
}

/** Sends pings and decides them, until each has arrived or was dropped. */
private fun Namespace.sendPings(
    session: NfqueueSession,
    count: Int,
    decide: () -> Unit,
) {
    val before = counted("INPUT") + session.statistics().clashed()
    val ping = ping(count)
    try {
        decide()
        eventually("every ping has arrived or was dropped") {
            counted("INPUT") + session.statistics().clashed() == before + count
        }
    } finally {
        ping.destroyForcibly().waitFor(BOUND_SECONDS, TimeUnit.SECONDS)
    }
}

private fun release(held: List<QueuedPacket>) = held.forEach { it.answer(Verdict.ACCEPT) }

class HeldConnectionsSpec :
    FunSpec({
        test("of the packets of one new connection that were held together, all but one are dropped, and counted")
            .config(enabledOrReasonIf = needsNamespaces) {
                val orders: List<(List<QueuedPacket>) -> List<QueuedPacket>> = listOf({ it }, { it.reversed() })
                for (order in orders) {
                    withLoopback {
                        queuePings("filter")
                        val session = open { queue(0) }
                        session.use {
                            sendPings(session, PINGS) { release(order(session.hold(PINGS))) }
                            counted("INPUT") shouldBe 1
                        }
                        session.statistics().clashed() shouldBe PINGS - 1
                        session.statistics().answered() shouldBe PINGS
                        session.statistics().queueDropped() shouldBe 0
                    }
                }
            }

        test("none is lost if they are queued before connection tracking")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queuePings("raw")
                    open { queue(0) }.use { session ->
                        sendPings(session, PINGS) { release(session.hold(PINGS)) }
                        counted("INPUT") shouldBe PINGS
                        session.statistics().clashed() shouldBe 0
                    }
                }
            }

        test("none is lost if the first is accepted at once and the others are held")
            .config(enabledOrReasonIf = needsNamespaces) {
                withLoopback {
                    queuePings("filter")
                    open { queue(0) }.use { session ->
                        sendPings(session, 1) { session.take(1) }
                        sendPings(session, PINGS) { release(session.hold(PINGS)) }
                        counted("INPUT") shouldBe PINGS + 1
                        session.statistics().clashed() shouldBe 0
                    }
                }
            }
    })
