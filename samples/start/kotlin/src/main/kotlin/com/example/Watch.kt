package com.example

import dev.nfkit.coroutines.useNflog
import dev.nfkit.kotlin.*
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.mapNotNull

/** Passes the packets that a rule matches to a block, as lines. The rule is in the kernel while the block runs. */
suspend fun <T> NetlinkTransport.watch(
    rule: String,
    block: suspend (Flow<String>) -> T,
): T =
    useNflog({
        group(30)
        rule(rule)
    }) {
        val lines =
            packets.mapNotNull { packet ->
                packet.ip?.let { ip ->
                    "${ip.source.hostAddress} > ${ip.destination.hostAddress} ${packet.originalLength()} bytes"
                }
            }
        block(lines)
    }

suspend fun main(args: Array<String>) {
    val rule = args.firstOrNull() ?: "tcp dport 443"
    LinuxTransport.current().watch(rule) { lines ->
        println("watching $rule; Ctrl-C ends it")
        lines.collect(::println)
    }
}
