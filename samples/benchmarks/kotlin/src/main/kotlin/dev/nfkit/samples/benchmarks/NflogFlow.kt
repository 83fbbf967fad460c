package dev.nfkit.samples.benchmarks

import dev.nfkit.coroutines.useNflog
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nflog.NflogAttribute
import kotlinx.coroutines.runBlocking
import kotlin.concurrent.thread

private const val GROUP = 30
private const val EXIT_WAIT_MILLIS = 2000L

/**
 * A logger over the Flow: collects each packet of group 30, looks at its mark, prefix, timestamp and payload, and ends on
 * SIGTERM with a line of what it saw. Its arguments are the copy range (128), the threshold (1024) and NLBUFSIZ (131072).
 */
public fun main(args: Array<String>) {
    val numbers = args.map(String::toInt)
    var bytes = 0L
    var sink = 0L
    val runner = Thread.currentThread()
    runBlocking {
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
            packets.collect { packet ->
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
            val seen = stats()
            println(
                "RESULT name=nfkit-flow pkts=${seen.packets()} lost=${seen.sequenceGaps()} " +
                    "drops=${seen.socketDrops()} bytes=$bytes sink=${sink.toString(16)}",
            )
        }
    }
}
