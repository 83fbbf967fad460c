package dev.nfkit.samples.guide

import dev.nfkit.coroutines.useNflog
import dev.nfkit.kotlin.ip
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.socket.NetlinkTransport

/** Prints the packets that a rule matches, until the coroutine is cancelled. */
suspend fun NetlinkTransport.watch(
    rule: String,
    print: (String) -> Unit,
) {
    useNflog({
        group(30)
        rule(rule)
    }) {
        packets.collect { packet ->
            packet.ip?.let { ip ->
                print("${ip.source.hostAddress} > ${ip.destination.hostAddress} ${packet.originalLength()} bytes")
            }
        }
    }
}

suspend fun main() = LinuxTransport.current().watch("tcp dport 443", ::println)
