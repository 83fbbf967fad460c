package dev.nfkit.coroutines

import dev.nfkit.nflog.NflogPacket
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.testkit.FakeTransport
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Longer than anything takes: only a failure reaches it. */
internal val BOUND = 30.seconds

/** A fake kernel whose sockets count how often they are closed, and fail as the test says. */
internal class Kernel : NetlinkTransport {
    val fake = FakeTransport(TestClock.manual())
    val closes = AtomicInteger()
    val sends = AtomicInteger()

    @Volatile var openFailure: Throwable? = null

    @Volatile var receiveFailure: Throwable? = null

    override fun open(protocol: Int): NetlinkSocket {
        openFailure?.let { throw it }
        return Socket(fake.open(protocol))
    }

    override fun kernel() = fake.kernel()

    override fun nanoTime() = fake.nanoTime()

    private inner class Socket(
        private val socket: NetlinkSocket,
    ) : NetlinkSocket by socket {
        override fun send(datagram: ByteBuffer) {
            sends.incrementAndGet()
            socket.send(datagram)
        }

        override fun receive(
            batch: DatagramBatch,
            timeoutNanos: Long,
        ): Int {
            val count = socket.receive(batch, timeoutNanos)
            receiveFailure?.takeIf { count == 0 }?.let { throw it }
            return count
        }

        override fun close() {
            closes.incrementAndGet()
            socket.close()
        }
    }

    /** Lets the receive in progress, or the next, fail. */
    fun failReceive(failure: Throwable) {
        receiveFailure = failure
        fake.socket().wakeup()
    }

    /** Logs packets whose payload is their number. */
    fun log(
        numbers: Iterable<Int>,
        group: Int = 30,
    ) {
        for (number in numbers) {
            val packet = SampleNflog.of(*ByteArray(4) { (number shr (24 - 8 * it)).toByte() })
            check(fake.nflog().log(group, packet)) { "nobody listens to group $group" }
        }
    }

    fun bound(group: Int = 30) = fake.nflog().groups().any { it.group() == group }
}

/** The number that [Kernel.log] gave the packet. */
internal val NflogPacket.number: Int get() = payload().u32(0).toInt()

internal suspend fun bounded(block: suspend CoroutineScope.() -> Unit) = withTimeout(BOUND, block)

internal suspend fun eventually(
    what: String,
    condition: () -> Boolean,
) {
    val stop = System.nanoTime() + BOUND.inWholeNanoseconds
    while (!condition()) {
        check(System.nanoTime() < stop) { "never happened: $what" }
        delay(1.milliseconds)
    }
}

/** The reader threads of a session that live, by what it reads. */
internal fun readers(what: String = "nflog-30"): List<Thread> =
    Thread.getAllStackTraces().keys.filter { it.name == "nfkit-$what" && it.isAlive }

/** Whether the reader of a session waits for the collector. */
internal fun readerIsHeldUp(what: String = "nflog-30"): Boolean =
    readers(what).any { thread ->
        thread.state == Thread.State.WAITING &&
            thread.stackTrace.any { it.className == BatchQueue::class.java.name && it.methodName == "put" }
    }

/** A coroutine beside the test, which the test cancels. */
internal fun launchBeside(block: suspend () -> Unit): Job = CoroutineScope(Dispatchers.Default).launch { block() }
