// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import com.sun.management.ThreadMXBean
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer

class HotPathSpec :
    FunSpec({
        val bound =
            java.util.concurrent.TimeUnit.SECONDS
                .toNanos(BOUND_SECONDS)
        val meter = ManagementFactory.getThreadMXBean() as ThreadMXBean

        fun allocated(action: () -> Unit): Long {
            repeat(1_000) { action() }
            val before = meter.currentThreadAllocatedBytes
            repeat(10_000) { action() }
            return meter.currentThreadAllocatedBytes - before
        }

        test("sending the same buffer and receiving allocate nothing by JNA, with a waiting, a late or no datagram")
            .config(enabledOrReasonIf = { Live.enabled(Live.noNetAdmin ?: allocatesUntilCompiled()) }) {
                LinuxTransport.current().open(NETLINK_NETFILTER).use { socket ->
                    val request = config(9) { u8(1, 4) }
                    val batches = listOf(DatagramBatch(4, 4096), DatagramBatch(1, 4096))
                    var turn = 0
                    allocated {
                        socket.send(request)
                        val batch = batches[turn++ and 1]
                        check(socket.receive(batch, bound) == 1)
                        check(socket.receive(batch, 0) == 0)
                        check(socket.receive(batch, 1) == 0)
                        socket.wakeup()
                        check(socket.receive(batch, -1) == 0)
                    } shouldBeLessThan 10_000L
                }
            }

        test("a time of receipt is that of the wall clock").config(enabledOrReasonIf = needsNetAdmin) {
            LinuxTransport.current().open(NETLINK_NETFILTER).use { socket ->
                val batch = DatagramBatch(1, 4096)
                socket.send(config(9) { u8(1, 4) })
                val before = System.currentTimeMillis()
                socket.receive(batch, bound) shouldBe 1
                val after = System.currentTimeMillis()
                batch.receivedAt() / 1_000_000 shouldBeGreaterThanOrEqualTo before
                batch.receivedAt() / 1_000_000 shouldBeLessThanOrEqualTo after
            }
        }

        test("buffers of every kind are sent from their position to their limit, and stay unchanged")
            .config(enabledOrReasonIf = needsNetAdmin) {
                LinuxTransport.current().open(NETLINK_NETFILTER).use { socket ->
                    val request = config(9) { u8(1, 4) }
                    val bytes = ByteArray(request.remaining()).also { request.duplicate().get(it) }

                    fun ByteBuffer.padded() = put(7, bytes).position(7).limit(7 + bytes.size)
                    val slice = ByteBuffer.allocateDirect(200).position(3).slice()
                    val buffers =
                        listOf(
                            ByteBuffer.allocateDirect(100).padded(),
                            ByteBuffer.allocate(100).padded(),
                            ByteBuffer.allocate(100).padded().asReadOnlyBuffer(),
                            slice.padded(),
                            slice.duplicate(),
                            ByteBuffer.allocate(100_000).padded(),
                        )
                    val batch = DatagramBatch(1, 4096)
                    for (buffer in buffers) {
                        socket.send(buffer)
                        socket.receive(batch, bound) shouldBe 1
                        batch.buffer().getInt(16) shouldBe 0
                        buffer.position() shouldBe 7
                        buffer.limit() shouldBe 7 + bytes.size
                    }
                }
            }
    })

/** What a call by FFM allocates depends on whether C2 has compiled it. */
private fun allocatesUntilCompiled(): String? {
    Machine.require()
    return if (LibC.way() == "JNA") null else "calls by FFM allocate until C2 has compiled them"
}
