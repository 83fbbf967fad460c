// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.CopyOnWriteArrayList
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/** A message of no kind that the loop knows: a packet, as far as it is concerned. */
internal const val PACKET = 0x400

internal fun message(
    type: Int,
    sequence: Long,
    size: Int = 0,
    flags: Int = 0,
): ByteArray {
    val writer = MessageWriter(64 + size, ByteOrder.LITTLE_ENDIAN).begin(type, flags, sequence)
    if (size > 0) writer.raw(*ByteArray(size))
    val datagram = writer.end().datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

internal fun packet(number: Int): ByteArray = message(PACKET, number.toLong())

/** The kernel's answer to a request; without an error it is an acknowledgement. */
internal fun answer(
    request: Long,
    errno: Int = 0,
): ByteArray {
    val writer = MessageWriter(128, ByteOrder.LITTLE_ENDIAN).begin(Netlink.NLMSG_ERROR, 0, request)
    val datagram =
        writer
            .rawHost32(-errno)
            .raw(*ByteArray(16))
            .end()
            .datagram()
    return ByteArray(datagram.remaining()).also { datagram.get(it) }
}

/** What a call of the system throws. */
internal fun failure(errno: Errno = Errno.ENOMEM) = SystemCallException("call", errno, null)

/**
 * A [MessageLoop] over a socket that follows a script: each receive carries out the next step. Without a step nothing
 * comes, and the time of the wait passes. No other time passes.
 */
internal class LoopRig {
    /** The steps of the receives to come. What a step returns is received; null is a closed socket. */
    val script = ArrayDeque<Step>()

    /** What happens at a send. */
    var onSend: (ByteArray) -> Unit = {}

    /** What happens at a wakeup, and at a close after the socket is closed. */
    var onWakeup: () -> Unit = {}
    var onClose: () -> Unit = {}

    /** The time, in nanoseconds. */
    @Volatile
    var now = 0L

    /** How long each receive would have waited. */
    val waits = mutableListOf<Long>()

    /** What the loop did with the socket and the session, in order. Receives are in [waits]. */
    val calls: MutableList<String> = CopyOnWriteArrayList()

    /** The numbers of the packets that were delivered. */
    val delivered = mutableListOf<Int>()

    /** What happens at the delivery of a packet, by its number. */
    var onPacket: (Int) -> Unit = {}
    val socket = Socket()
    val life = Session()
    val clock =
        object : NetlinkTransport {
            override fun open(protocol: Int): NetlinkSocket = error("no test asks")

            override fun kernel(): KernelView = error("no test asks")

            override fun nanoTime(): Long = now
        }
    val batch = DatagramBatch(4, 128)
    val loop = MessageLoop(clock, socket, batch, life)

    fun interface Step {
        /** The wait is that of the receive. */
        fun receive(wait: Long): List<ByteArray>?
    }

    /** The next receive returns these datagrams. */
    fun arrive(vararg datagrams: ByteArray) {
        script += Step { datagrams.toList() }
    }

    /** The next receive carries out an action and returns nothing. */
    fun during(action: () -> Unit) {
        script += Step { emptyList<ByteArray>().also { action() } }
    }

    /** Polls with a bound in nanoseconds. */
    fun poll(timeout: Long): Int =
        loop.poll(
            Handler<Unit, RuntimeException> { message, _, _ ->
                val number = message.sequence().toInt()
                delivered += number
                onPacket(number)
                true
            },
            Unit,
            timeout,
        )

    /** Polls until nothing more comes; returns the result of the last poll. */
    fun drain(): Int {
        var count = 1
        while (count > 0) count = poll(0)
        return count
    }

    /** Writes a request. */
    fun request(sequence: Long): MessageWriter =
        MessageWriter(64, ByteOrder.LITTLE_ENDIAN).begin(PACKET + 1, Netlink.NLM_F_ACK, sequence).end()

    inner class Socket : NetlinkSocket {
        @Volatile
        var closed = false

        override fun send(datagram: ByteBuffer) {
            calls += "send"
            onSend(ByteArray(datagram.remaining()).also { datagram.duplicate().get(it) })
        }

        override fun receive(
            batch: DatagramBatch,
            timeoutNanos: Long,
        ): Int {
            batch.clear()
            if (closed) return -1
            waits += timeoutNanos
            val step = script.removeFirstOrNull()
            if (step == null) {
                check(timeoutNanos >= 0) { "waits for ever" }
                check(waits.size < 1_000_000) { "receives again and again" }
                now += timeoutNanos
                return 0
            }
            val datagrams = step.receive(timeoutNanos) ?: return -1
            datagrams.forEachIndexed { slot, bytes ->
                batch.buffer().put(batch.slotOffset(slot), bytes, 0, minOf(bytes.size, batch.slotSize()))
                batch.add(slot, bytes.size)
                batch.receivedAt(now)
            }
            return datagrams.size
        }

        override fun wakeup() {
            calls += "wakeup"
            onWakeup()
        }

        override fun close() {
            calls += "close"
            closed = true
            onClose()
        }

        override fun order(): ByteOrder = ByteOrder.LITTLE_ENDIAN

        override fun portId(): Long = 1

        override fun set(
            option: SocketOption,
            value: Int,
        ) = Unit

        override fun get(option: SocketOption): Int = 0

        override fun filter(filter: EventFilter?) = Unit

        override fun drops(): Long = 0

        override fun foreign(): Long = 0
    }

    inner class Session : Life {
        /** What happens at a call, by its name. */
        val on = mutableMapOf<String, () -> Unit>()
        var report = false
        var mayEnd = true

        /** Posts a request to unbind; its sequence is in [rest]. */
        val rest = mutableListOf<Long>()

        /** The number of datagrams of each receive that the session was shown, and of the packets delivered before. */
        val received = mutableListOf<String>()

        override fun session(): Class<*> = MessageLoop::class.java

        override fun received(batch: DatagramBatch) {
            received += "${batch.count()} after ${delivered.size}"
        }

        private fun call(
            name: String,
            text: String = name,
        ) {
            calls += text
            on[name]?.invoke()
        }

        override fun requestRest() {
            call("rest")
            val sequence = loop.nextSequence()
            rest += sequence
            loop.post("unbind", sequence, request(sequence))
        }

        override fun discarded(message: MessageCursor) = call("discarded", "discarded ${message.sequence()}")

        override fun malformed(problem: MalformedMessageException) = call("malformed", "malformed ${problem.path()}")

        override fun missed() = call("missed")

        override fun resume() = call("resume")

        override fun truncated(
            buffer: ByteBuffer,
            offset: Int,
            length: Int,
        ) = call("truncated", "truncated $length")

        override fun unclaimed(answer: MessageCursor) = call("unclaimed", "unclaimed ${answer.sequence()}")

        override fun hasReport(): Boolean = report

        override fun batchDone() = call("done")

        override fun mayEnd(): Boolean {
            call("may end")
            return mayEnd
        }

        override fun sendLast() = call("last")

        override fun closed() = call("closed")

        override fun ended() = call("ended")
    }
}

/** The end of a session without a failure, as seen by its socket and its part of the session. */
internal val END = arrayOf("last", "close", "ended", "closed")

/** The next receives find the socket empty. */
internal fun LoopRig.looks(count: Int) = repeat(count) { script += LoopRig.Step { emptyList() } }

/** What is logged with an exception while a block runs: the level and the exception. */
internal fun logged(block: () -> Unit): List<Pair<Level, Throwable>> {
    val records = mutableListOf<Pair<Level, Throwable>>()
    val logger = Logger.getLogger(MessageLoop::class.java.name)
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                record.thrown?.let { records += record.level to it }
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    logger.addHandler(handler)
    logger.level = Level.ALL
    logger.useParentHandlers = false
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.level = null
        logger.useParentHandlers = true
    }
    return records
}
