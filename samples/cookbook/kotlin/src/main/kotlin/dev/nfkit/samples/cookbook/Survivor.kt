// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.BytesView
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.kotlin.decodeToString
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.IpSummary
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.CancellationException

/** Accepts datagrams that contain a number below 100, and goes on after those that contain none. */
public suspend fun NetlinkTransport.surviveExceptions(report: (Exception) -> Unit) {
    useNfqueue({
        queue(0)
        failureVerdict = Verdict.DROP
    }) {
        decide { packet ->
            try {
                if (packet.number() < 100) Verdict.ACCEPT else Verdict.DROP
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                report(e)
                Verdict.DROP
            }
        }
    }
}

private fun QueuedPacket.number(): Int {
    val data = BytesView()
    check(IpSummary().run { wrap(payload()) && payload(data) }) { "no payload" }
    return data.decodeToString().toInt() // throws NumberFormatException
}
