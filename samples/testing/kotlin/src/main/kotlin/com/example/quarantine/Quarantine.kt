package com.example.quarantine

import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.IpSummary
import dev.nfkit.socket.NetlinkTransport
import kotlin.time.Duration.Companion.seconds

/** The queue that packets of unknown peers are sent to. */
const val QUEUE = 7

/**
 * Lets in only whom an oracle vouches for, which may take its time: many packets wait for it at once, and the others are
 * decided meanwhile. Who waits longer than five seconds stays outside. Runs until it is cancelled.
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
