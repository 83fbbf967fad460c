// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.Callable
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicReference

/** Longer than any step takes: only a failure reaches it. */
internal const val BOUND_SECONDS = 60L

internal const val FOR_EVER = -1L

internal fun <T> Future<T>.bounded(): T = get(BOUND_SECONDS, TimeUnit.SECONDS)

internal fun eventually(
    what: String,
    condition: () -> Boolean,
) {
    val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
    while (!condition()) {
        check(System.nanoTime() < stop) { "never happened: $what" }
        Thread.onSpinWait()
        Thread.yield()
    }
}

/** A separate thread that receives, so that the test's thread never blocks without a bound. */
internal class Receiver(
    private val socket: NetlinkSocket,
    val batch: DatagramBatch = DatagramBatch(16, 1024),
) : AutoCloseable {
    private val running = AtomicReference<Thread>()
    private val executor: ExecutorService =
        Executors.newSingleThreadExecutor { task ->
            Thread(task, "contract-receiver").apply { isDaemon = true }.also(running::set)
        }

    /** The receiving thread; null before the first receive. */
    val thread: Thread get() = running.get()

    fun start(timeoutNanos: Long = FOR_EVER): Future<Int> =
        executor.submit(
            Callable {
                socket.receive(batch, timeoutNanos)
            },
        )

    fun <T> run(task: () -> T): Future<T> = executor.submit(Callable { task() })

    fun receive(timeoutNanos: Long = FOR_EVER): Int = start(timeoutNanos).bounded()

    override fun close() {
        executor.shutdownNow()
    }
}

/** A request that every netlink kernel acknowledges without effect: no operation. */
internal fun acknowledged(
    sequence: Long,
    order: ByteOrder,
): ByteBuffer =
    MessageWriter(64, order)
        .begin(Netlink.NLMSG_NOOP, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, sequence)
        .end()
        .datagram()

/** The first message of a datagram in a batch. */
internal fun DatagramBatch.message(
    index: Int,
    order: ByteOrder,
): MessageCursor = MessageCursor().wrap(buffer(), offset(index), length(index), order).also { it.next() }

/** The nlmsg_seq of each complete datagram in a batch. */
internal fun DatagramBatch.sequences(order: ByteOrder): List<Long> =
    (0 until count()).filterNot(::truncated).map { message(it, order).sequence() }
