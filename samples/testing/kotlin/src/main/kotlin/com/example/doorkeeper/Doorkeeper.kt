package com.example.doorkeeper

import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.nftables.PacketRule
import dev.nfkit.packet.IpSummary
import dev.nfkit.socket.NetlinkTransport

/** The queue of new connections. */
const val QUEUE = 8

/**
 * Asks a guest list about each new connection to this host. Its rule is a part of the session: it is installed when the
 * queue is bound, and disappears with the program. Runs until it is cancelled.
 */
suspend fun NetlinkTransport.keepDoor(isInvited: suspend (source: String) -> Boolean) {
    useNfqueue({
        queue(QUEUE)
        rule(PacketRule.of("iifname != \"lo\" ct state new").hooks("input"))
        failureVerdict = Verdict.DROP
    }) {
        decide(concurrency = 100) { packet ->
            val ip = IpSummary()
            if (ip.wrap(packet.payload()) && isInvited(ip.source())) Verdict.ACCEPT else Verdict.DROP
        }
    }
}
