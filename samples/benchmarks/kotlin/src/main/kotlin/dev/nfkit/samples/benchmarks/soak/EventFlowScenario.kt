// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak

import dev.nfkit.conntrack.event.ConntrackEvent
import dev.nfkit.coroutines.useConntrackEvents
import dev.nfkit.linux.LinuxTransport
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.time.Duration

private const val BUFFER = 64 shl 10
private const val CONNECTIONS = 4_000L

/** Conntrack events as a flow whose collector pauses for a while. */
internal class EventFlowScenario : Scenario {
    override fun name(): String = "kotlin: conntrack events"

    override fun run(time: Duration): Balance =
        Rules().use { rules ->
            rules.append("INPUT -m conntrack --ctstate INVALID -j DROP")
            rules.append("INPUT -p udp -j DROP")
            Connections().use { connections -> runBlocking { collect(time, connections) } }
        }

    private suspend fun collect(
        time: Duration,
        connections: Connections,
    ): Balance {
        val gate = Gate()
        var events = 0L
        var lost = 0L
        return LinuxTransport.current().useConntrackEvents({ receiveBuffer = BUFFER }) {
            coroutineScope {
                launch(Dispatchers.IO) {
                    connections.byRequests(time.toNanos() / 2)
                    gate.shutDuring { connections.byPackets(CONNECTIONS) }
                    connections.byRequests(time.toNanos() / 2)
                    stop()
                }
                this@useConntrackEvents.events.collect { event ->
                    gate.pass()
                    if (event is ConntrackEvent.Overrun) lost += event.lost() else events++
                }
            }
            Balance(connections.events(), events)
                .lost("lost at the socket", statistics().socketDrops())
                .lost("discarded", statistics().discarded())
                .equal("every loss reported", lost, statistics().socketDrops())
                .equal("delivered and counted as delivered", events, statistics().delivered())
                .equal("losses while the collector was paused", if (lost > 0) 1 else 0, 1)
        }
    }
}
