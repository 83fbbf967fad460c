// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak

import dev.nfkit.coroutines.NfqueueScope
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nfqueue.NfqueueStatistics
import dev.nfkit.nfqueue.Verdict
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import java.time.Duration
import java.util.concurrent.atomic.AtomicLong

private const val PORT = 41
private const val LENGTH = 128
private const val CONCURRENCY = 16
private const val OVERFLOW = 3000L
private const val DROPPED_OF = 3
private const val SUSPENDED_OF = 5
private const val DELAYED_OF = 50

/** NFQUEUE with deciders that suspend, 16 at a time, or pause for a while. */
internal class DecideScenario : Scenario {
    override fun name(): String = "kotlin: nfqueue, decide"

    override fun run(time: Duration): Balance =
        Rules().use { rules ->
            rules.append("OUTPUT -p udp --dport $PORT -j NFQUEUE --queue-num %d")
            rules.append("INPUT -p udp --dport $PORT -j DROP")
            Flood(PORT).use { flood -> runBlocking(Dispatchers.Default) { decide(time, rules, flood) } }
        }

    private suspend fun decide(
        time: Duration,
        rules: Rules,
        flood: Flood,
    ): Balance {
        val gate = Gate()
        val delivered = AtomicLong()
        val accepted = AtomicLong()
        return LinuxTransport.current().useNfqueue({
            queue(0) { maximumLength = LENGTH }
            queue(1) { maximumLength = LENGTH }
        }) {
            val before =
                coroutineScope {
                    val sender = async(Dispatchers.IO) { send(time, rules, flood, gate) }
                    decide(CONCURRENCY) { packet ->
                        gate.pass()
                        val number = delivered.incrementAndGet()
                        if (number % SUSPENDED_OF == 0L) yield()
                        if (number % DELAYED_OF == 0L) delay(1)
                        if (packet.id() % DROPPED_OF == 0L) {
                            Verdict.DROP
                        } else {
                            accepted.incrementAndGet()
                            Verdict.ACCEPT
                        }
                    }
                    sender.await()
                }
            Waiting.until { rules.packets("INPUT", 1) >= accepted.get() }
            Balance(rules.packets("OUTPUT", 1), delivered.get())
                .lost("at the full queue", before.queueDropped())
                .lost("at the socket", before.userDropped())
                .equal("sent by the sender and matched by the rule", flood.sent(), rules.packets("OUTPUT", 1))
                .equal("accepted and arrived", accepted.get(), rules.packets("INPUT", 1))
                .equal("delivered and counted as answered", delivered.get(), statistics().answered())
                .equal("losses while the deciders were paused", if (before.queueDropped() > 0) 1 else 0, 1)
                .equal("verdicts that the kernel refused", statistics().refused() + statistics().gone(), 0)
        }
    }

    /**
     * Sends, waits until all packets are decided, and stops the session. The kernel's counters are lost when the queue
     * is unbound.
     */
    private suspend fun NfqueueScope.send(
        time: Duration,
        rules: Rules,
        flood: Flood,
        gate: Gate,
    ): NfqueueStatistics {
        flood.full(time.toNanos() / 2)
        gate.shutDuring { flood.exactly(OVERFLOW) }
        flood.bursts(time.toNanos() / 2)
        delay(50)
        flood.exactly(2) // the last packets must arrive, otherwise a gap before the end would go unnoticed
        val sent = rules.packets("OUTPUT", 1)
        Waiting.until { statistics().let { sent <= it.answered() + it.queueDropped() + it.userDropped() } }
        return statistics().also { stop() }
    }
}
