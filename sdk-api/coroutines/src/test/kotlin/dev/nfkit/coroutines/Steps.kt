// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.event.ConntrackEvents
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.FakeNetlinkSocket
import dev.nfkit.testkit.SampleConntrack
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SampleTuple
import dev.nfkit.testkit.TestClock
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.net.InetAddress
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Longer than any step takes: only a failure reaches it. */
internal val BOUND = System.getProperty("nfkit.live.bound", "30").toLong().seconds

private val CONNECTION_GROUPS = 1..3 // NFNLGRP_CONNTRACK_NEW and so on

/** A fake kernel whose sockets count how often they are closed, and fail as the test sets. */
internal class Kernel : NetlinkTransport {
    val fake = FakeNetfilter(TestClock.manual())
    val closes = AtomicInteger()
    val sends = AtomicInteger()

    @Volatile var openFailure: Throwable? = null

    @Volatile var receiveFailure: Throwable? = null

    /** Thrown by a close that has closed the socket, as close(2) does. */
    @Volatile var closeFailure: Throwable? = null

    @Volatile var wakeupFailure: Throwable? = null

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
            closeFailure?.let { throw it }
        }

        override fun wakeup() {
            wakeupFailure?.let { throw it }
            socket.wakeup()
        }
    }

    /** Makes the current receive, or the next one, fail. */
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
            val packet = SampleNflog.of(ByteArray(4) { (number shr (24 - 8 * it)).toByte() })
            check(fake.nflog().log(group, packet)) { "group $group is not bound" }
        }
    }

    /** Makes the kernel track a connection to each port. Returns their ids. */
    fun connect(
        ports: Iterable<Int>,
        change: SampleConntrack.() -> Unit = {},
    ): List<Long> = ports.map { fake.conntrack().add(SampleConntrack.of(sampleTo(it)).apply(change)) }

    /** The socket that receives events: other open sockets were opened after it. */
    fun listener(): FakeNetlinkSocket = fake.sockets().first { !it.isClosed }

    /** Runs an action without events to the listening socket. */
    fun withoutEvents(action: () -> Unit) {
        val listener = listener()
        CONNECTION_GROUPS.forEach { listener.set(SocketOption.DROP_MEMBERSHIP, it) }
        action()
        CONNECTION_GROUPS.forEach { listener.set(SocketOption.ADD_MEMBERSHIP, it) }
    }

    fun bound(group: Int = 30) = fake.nflog().groups().any { it.group() == group }
}

internal fun sampleTo(port: Int): SampleTuple = SampleTuple.udp("10.0.0.1", 40_000, "10.0.0.2", port)

/** The original tuple of a connection that [Kernel.connect] made. */
internal fun tupleTo(port: Int): ConntrackTuple =
    ConntrackTuple.udp(InetAddress.getByName("10.0.0.1"), 40_000, InetAddress.getByName("10.0.0.2"), port)

/** The destination port of the connection. */
internal val ConntrackEntry.port: Int get() = original().destinationPort()

/** The number that [Kernel.log] assigned to the packet. */
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

/** The running reader threads of a session, by what it reads. */
internal fun readers(what: String = "nflog-30"): List<Thread> =
    Thread.getAllStackTraces().keys.filter { it.name == "nfkit-$what" && it.isAlive }

/** Whether the reader waits in the kernel for conntrack events. */
internal fun readerListens(what: String): Boolean =
    readers(what).any { thread ->
        thread.state == Thread.State.TIMED_WAITING &&
            thread.stackTrace.any { it.className == ConntrackEvents::class.java.name }
    }

/** Whether the reader of a session waits for the collector. */
internal fun readerIsHeldUp(what: String = "nflog-30"): Boolean =
    readers(what).any { thread ->
        thread.state == Thread.State.WAITING &&
            thread.stackTrace.any { it.className == BatchQueue::class.java.name && it.methodName == "put" }
    }

/** A coroutine concurrent with the test, which the test cancels. */
internal fun launchBeside(block: suspend () -> Unit): Job = CoroutineScope(Dispatchers.Default).launch { block() }
