// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks

import dev.nfkit.coroutines.useNflog
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nflog.NflogAttribute
import dev.nfkit.nflog.NflogPacket
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import kotlin.concurrent.thread

private const val GROUP = 30
private const val EXIT_WAIT_MILLIS = 2000L
private const val BATCH = 64
private const val WARM_BATCHES = 20_000L

private class Logged {
    var bytes = 0L
        private set
    var sink = 0L
        private set

    fun look(packet: NflogPacket) {
        sink += packet.mark() + packet.prefix().length
        if (packet.has(NflogAttribute.TIMESTAMP)) {
            sink += packet.timestampNanos()
        }
        val payload = packet.payload()
        bytes += payload.length()
        if (payload.length() > 0) {
            sink += payload.u8(0)
        }
    }
}

/** Lets the JVM compile the flow's code before the measured session opens, over a socket in memory. */
private suspend fun warmUp() {
    val logged = Logged()
    RepeatingSocket.nflog(GROUP, BATCH).ending(WARM_BATCHES).useNflog({ group(GROUP) }) {
        packets.take((WARM_BATCHES * BATCH).toInt()).collect(logged::look)
    }
    check(logged.bytes > 0)
}

/**
 * A logger over the Flow. It reads the mark, prefix, timestamp and payload of each packet of group 30. On SIGTERM it
 * ends and prints a result line. Its arguments are the copy range (128), the threshold (1024) and NLBUFSIZ (131072).
 */
public fun main(args: Array<String>) {
    val numbers = args.map(String::toInt)
    val logged = Logged()
    val runner = Thread.currentThread()
    runBlocking {
        warmUp()
        LinuxTransport.current().useNflog({
            group(GROUP) {
                copyRange = numbers.getOrElse(0) { 128 }
                threshold = numbers.getOrElse(1) { 1024 }
                bufferSize = numbers.getOrElse(2) { 131_072 }
            }
        }) {
            Runtime.getRuntime().addShutdownHook(
                thread(start = false) {
                    stop()
                    runner.join(EXIT_WAIT_MILLIS)
                },
            )
            packets.collect(logged::look)
            val seen = statistics()
            println(
                "RESULT name=nfkit-flow pkts=${seen.delivered()} lost=${seen.sequenceGaps()} " +
                    "drops=${seen.socketDrops()} bytes=${logged.bytes} sink=${logged.sink.toString(16)}",
            )
        }
    }
}
