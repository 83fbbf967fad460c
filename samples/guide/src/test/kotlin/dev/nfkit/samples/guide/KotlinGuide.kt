// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.coroutines.conntrackChanges
import dev.nfkit.coroutines.nflog
import dev.nfkit.coroutines.useConntrack
import dev.nfkit.coroutines.useNetfilter
import dev.nfkit.coroutines.useNflog
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.kotlin.destinationPort
import dev.nfkit.kotlin.ip
import dev.nfkit.kotlin.mark
import dev.nfkit.kotlin.prefix
import dev.nfkit.kotlin.uid
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.seconds

internal fun interface Directory {
    suspend fun permits(uid: UInt?): Boolean
}

internal suspend fun firstPackets(
    transport: NetlinkTransport,
    println: (String) -> Unit,
) {
    transport
        .nflog(30) { copyRange = 128 }
        .take(10)
        .collect { println("${it.prefix} ${it.ip} ${it.originalLength()} bytes") }
}

internal suspend fun twoGroups(
    transport: NetlinkTransport,
    println: (String) -> Unit,
) {
    transport.useNflog({
        group(30)
        group(31)
    }) {
        packets.take(100).collect { println("$it") } // all groups are bound when the block starts
        println("${statistics()}")
    }
}

internal suspend fun decide(
    transport: NetlinkTransport,
    directory: Directory,
) {
    transport.useNfqueue({
        queue(0) { uidGid = true }
        deadline = 2.seconds
    }) {
        // A decider suspends as it likes. What it does not decide in time is dropped.
        decide(concurrency = 16) { packet ->
            when {
                packet.ip?.tcp?.destinationPort == 25 -> Verdict.DROP
                directory.permits(packet.uid) -> Verdict.ACCEPT
                else -> packet.accept().mark(7u)
            }
        }
    }
}

internal suspend fun connections(
    transport: NetlinkTransport,
    tuple: ConntrackTuple,
    println: (String) -> Unit,
) {
    transport.useConntrack {
        dump(ConntrackFilter.all().mark(7)).take(10).collect { println("$it") }
        update(tuple, ConntrackUpdate.none().mark(8))
    }
}

internal suspend fun changes(
    transport: NetlinkTransport,
    println: (String) -> Unit,
) {
    transport
        .conntrackChanges() // what is in the table, then what comes, changes and goes
        .collect { println("$it") }
}

internal suspend fun severalFamilies(
    transport: NetlinkTransport,
    println: (String) -> Unit,
) {
    transport.useNetfilter {
        val logged = nflog { group(30) }
        val queued = nfqueue { queue(0) }
        coroutineScope {
            launch { logged.packets.collect { println("${it.prefix} ${it.ip}") } }
            queued.decide { packet -> if (packet.ip?.udp?.destinationPort == 53) Verdict.ACCEPT else Verdict.DROP }
        }
    }
}
