package dev.nfkit.linux

import dev.nfkit.Bytes
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

private const val BYTES = 2_000_000
private const val PLAIN = 'a'.code.toByte()
private const val CHANGED = 'b'.code.toByte()
private const val MTU = 1500

/** Replaces the letters of a TCP segment, with a whole checksum: that of an unfinished one counts on the device. */
private fun rewritten(packet: QueuedPacket): Verdict {
    packet.truncated() shouldBe false
    val bytes = packet.payload().toArray()
    val transport = (bytes[0].toInt() and 0xf) * 4
    val data = transport + ((bytes[transport + 12].toInt() and 0xf0) shr 2)
    if (data == bytes.size) return Verdict.ACCEPT
    for (at in data until bytes.size) {
        bytes[at] = if (bytes[at] == PLAIN) CHANGED else 0
    }
    return packet.accept().payload(Bytes.of(*bytes.withChecksums()))
}

/** Sends letters by TCP from one namespace to another, in writes of 64 KiB; what arrived. */
private fun transfer(
    from: Namespace,
    to: Namespace,
    address: String,
): ByteArray {
    val received = CompletableFuture<ByteArray>()
    val server = to.inside { ServerSocketChannel.open().bind(InetSocketAddress(address, PORT)) }
    server.use {
        thread(isDaemon = true) {
            runCatching { server.accept().use { it.socket().getInputStream().readAllBytes() } }
                .fold(received::complete, received::completeExceptionally)
        }
        from.inside { SocketChannel.open() }.use { client ->
            client.connect(InetSocketAddress(address, PORT))
            val letters = ByteBuffer.wrap(ByteArray(BYTES) { PLAIN })
            while (letters.hasRemaining()) {
                letters.limit(minOf(letters.position() + 65_536, BYTES))
                client.write(letters)
                letters.limit(BYTES)
            }
        }
        return received.get(BOUND_SECONDS, TimeUnit.SECONDS)
    }
}

class NfqueueGsoSpec :
    FunSpec({
        fun rewrite(
            from: Namespace,
            to: Namespace,
            address: String,
            whole: Boolean,
        ) {
            from.iptables("-A OUTPUT -p tcp --dport $PORT -j NFQUEUE --queue-num 0")
            from.open { queue(0) { it.gso(whole) } }.use { session ->
                var largest = 0
                var large = 0
                var unfinished = 0
                val running =
                    Running(session) {
                        largest = maxOf(largest, it.payload().length())
                        if (it.gso()) large++
                        if (it.checksumNotReady()) unfinished++
                        rewritten(it)
                    }
                val received = transfer(from, to, address)
                session.stop()
                running.join() shouldBeGreaterThan 0
                received.size shouldBe BYTES
                received.all { it == CHANGED } shouldBe true
                if (whole) {
                    largest shouldBeGreaterThan 32_768
                    large shouldBeGreaterThan 0
                    unfinished shouldBeGreaterThan 0
                } else {
                    largest shouldBeLessThanOrEqual MTU
                    large shouldBe 0
                    unfinished shouldBe 0
                }
                val statistics = session.statistics()
                statistics.refused() shouldBe 0
                statistics.received().sequenceGaps() shouldBe 0
                statistics.received().truncatedDatagrams() shouldBe 0
                statistics.shouldAddUp()
            }
        }

        for (whole in listOf(true, false)) {
            val what = if (whole) "whole, their checksums unfinished" else "cut by the kernel"
            test("TCP segments of up to 64 KiB come $what; rewritten they reach a peer over a wire intact")
                .config(enabledOrReasonIf = needsNamespaces) {
                    Wire().use { rewrite(it.left, it.right, Wire.RIGHT, whole) }
                }

            test("TCP segments of up to 64 KiB come $what; rewritten they reach a peer over the loopback intact")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        exec("ip", "link", "set", "lo", "mtu", "$MTU")
                        rewrite(this, this, "127.0.0.1", whole)
                    }
                }
        }
    })
