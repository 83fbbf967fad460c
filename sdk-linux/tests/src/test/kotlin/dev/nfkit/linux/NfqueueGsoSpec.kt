// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.packet.PacketEditor
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

/** Replaces the letters of a TCP segment. */
private fun PacketEditor.rewrite(packet: QueuedPacket): Verdict {
    packet.truncated() shouldBe false
    val bytes = packet.payload()
    val tcp = (bytes.u8(0) and 0xf) * 4
    val data = tcp + (bytes.u8(tcp + 12) ushr 4) * 4
    if (data == bytes.length()) return Verdict.ACCEPT
    val letters = bytes.slice(data, bytes.length() - data).toArray()
    letters.all { it == PLAIN } shouldBe true
    letters.fill(CHANGED)
    return packet.accept().payload(edit(bytes, packet.checksumNotReady()).payload(letters).result())
}

/** Sends letters by TCP from one namespace to another, in writes of 64 KiB. Returns what arrived. */
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
            // Otherwise the segments of a slow connection on a loaded machine stay small.
            from.exec("sh", "-c", "echo 44 > /proc/sys/net/ipv4/tcp_min_tso_segs")
            from.iptables("-A OUTPUT -p tcp --dport $PORT -j NFQUEUE --queue-num 0")
            from.open { queue(0) { it.gso(whole) } }.use { session ->
                val editor = PacketEditor()
                var largest = 0
                var large = 0
                var unfinished = 0
                val running =
                    Running(session) {
                        largest = maxOf(largest, it.payload().length())
                        if (it.gso()) large++
                        if (it.checksumNotReady()) unfinished++
                        editor.rewrite(it)
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
            val what = if (whole) "unsplit, their checksums unfinished" else "split by the kernel"
            test("TCP segments of up to 64 KiB arrive $what; rewritten they reach a peer over a link intact")
                .config(enabledOrReasonIf = needsNamespaces) {
                    Wire().use { rewrite(it.left, it.right, Wire.RIGHT, whole) }
                }

            test("TCP segments of up to 64 KiB arrive $what; rewritten they reach a peer over the loopback intact")
                .config(enabledOrReasonIf = needsNamespaces) {
                    withLoopback {
                        exec("ip", "link", "set", "lo", "mtu", "$MTU")
                        rewrite(this, this, "127.0.0.1", whole)
                    }
                }
        }
    })
