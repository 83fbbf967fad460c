// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak

import dev.nfkit.coroutines.useNflog
import dev.nfkit.linux.LinuxTransport
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.time.Duration

private const val PORT = 31
private const val BUFFER = 256 shl 10
private const val OVERFLOW = 30_000L
private const val FLUSHED_MILLIS = 250L

/** NFLOG as a flow whose collector pauses for a while. */
internal class FlowScenario : Scenario {
    override fun name(): String = "kotlin: nflog flow"

    override fun run(time: Duration): Balance =
        Rules().use { rules ->
            rules.append("INPUT -p udp -j DROP")
            rules.append("OUTPUT -p udp --dport $PORT -j NFLOG --nflog-threshold 64 --nflog-group 3%d")
            Flood(PORT).use { flood -> runBlocking { collect(time, rules, flood) } }
        }

    private suspend fun collect(
        time: Duration,
        rules: Rules,
        flood: Flood,
    ): Balance {
        val order = Order()
        val gate = Gate()
        return LinuxTransport.current().useNflog({
            group(30) { threshold = 64 }
            group(31) { threshold = 64 }
            receiveBuffer = BUFFER
        }) {
            coroutineScope {
                launch(Dispatchers.IO) {
                    flood.full(time.toNanos() / 2)
                    gate.shutDuring { flood.exactly(OVERFLOW) }
                    flood.bursts(time.toNanos() / 2)
                    // The last packets must arrive, otherwise a gap before the end would go unnoticed.
                    delay(FLUSHED_MILLIS)
                    flood.exactly(2)
                    delay(FLUSHED_MILLIS)
                    stop()
                }
                packets.collect {
                    gate.pass()
                    order.take(it)
                }
            }
            val counts = statistics()
            Balance(rules.packets("OUTPUT", 1), order.count())
                .lost("lost at the socket", counts.sequenceGaps())
                .lost("malformed", counts.malformed())
                .lost("discarded", counts.discarded())
                .equal("sent by the sender and matched by the rule", flood.sent(), rules.packets("OUTPUT", 1))
                .equal("delivered and counted as delivered", order.count(), counts.delivered())
                .equal("overruns while the collector was paused", if (counts.socketDrops() > 0) 1 else 0, 1)
        }
    }
}
