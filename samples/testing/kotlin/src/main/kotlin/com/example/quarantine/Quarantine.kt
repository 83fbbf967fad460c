package com.example.quarantine

import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.IpSummary
import dev.nfkit.socket.NetlinkTransport
import kotlin.time.Duration.Companion.seconds

/** The queue that rules send packets of unknown peers to. */
const val QUEUE = 7

/**
 * Accepts only packets from peers that an oracle trusts. The oracle may take its time: many packets wait for it at
 * once, and the others are decided meanwhile. A packet that waits longer than five seconds is dropped. Runs until it is
 * cancelled.
 *
 *     nft add rule inet filter input ct state new queue num 7
 */
suspend fun NetlinkTransport.quarantine(isTrusted: suspend (source: String) -> Boolean) {
    useNfqueue({
        queue(QUEUE) { copyRange = 64 }
        failureVerdict = Verdict.DROP
        deadline = 5.seconds
    }) {
        decide(concurrency = 100) { packet ->
            val source = packet.source()
            if (source != null && isTrusted(source)) Verdict.ACCEPT else Verdict.DROP
        }
    }
}

private fun QueuedPacket.source(): String? = IpSummary().takeIf { it.wrap(payload()) }?.source()
