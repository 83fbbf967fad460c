// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks

import dev.nfkit.coroutines.NfqueueScope
import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nfqueue.QueuedPacket
import kotlinx.coroutines.runBlocking
import kotlin.concurrent.thread

private const val COPY_RANGE = 128
private const val QUEUE_LENGTH = 65536
private const val RECEIVE_BUFFER = 64 shl 20
private const val EXIT_WAIT_MILLIS = 2000L

/** Accumulates what a consumer reads, so that no read is optimized away. */
internal class Seen {
    var bytes = 0L
        private set
    var sink = 0L
        private set

    fun look(packet: QueuedPacket) {
        sink += packet.id() + packet.hook().number() + packet.mark()
        val payload = packet.payload()
        bytes += payload.length()
        if (payload.length() > 0) {
            sink += payload.u8(0)
        }
    }
}

/** Opens queue 0, consumes its packets until SIGTERM stops the session, and prints the result. */
internal fun consumeQueue(
    name: String,
    consume: suspend NfqueueScope.(Seen) -> Unit,
) {
    val seen = Seen()
    val runner = Thread.currentThread()
    runBlocking {
        LinuxTransport.current().useNfqueue({
            queue(0) {
                copyRange = COPY_RANGE
                maximumLength = QUEUE_LENGTH
            }
            receiveBuffer = RECEIVE_BUFFER
        }) {
            Runtime.getRuntime().addShutdownHook(
                thread(start = false) {
                    stop()
                    runner.join(EXIT_WAIT_MILLIS)
                },
            )
            consume(seen)
            val counts = statistics()
            println(
                "RESULT name=$name pkts=${counts.received().delivered()} answered=${counts.answered()} " +
                    "settled=${counts.settled()} drops=${counts.received().socketDrops()} " +
                    "bytes=${seen.bytes} sink=${seen.sink.toString(16)}",
            )
        }
    }
}
