package dev.nfkit.testkit.contract

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.EventFilter
import dev.nfkit.socket.FamilyCondition
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread

private const val FEW_DESCRIPTORS = 50

/** NFNLGRP_NFTABLES: no rule set changes while this runs. */
private const val UNUSED_GROUP = 7

/**
 * The contract of every [NetlinkSocket]. A subclass provides a harness to test an implementation. The rules are those
 * of NetlinkSocket's Javadoc. Every wait has a bound that only a failure reaches; no test depends on how long something
 * takes.
 */
abstract class NetlinkSocketContract(
    makeHarness: () -> SocketHarness,
) : FunSpec() {
    private val made = lazy(makeHarness)
    private val harness by made

    private fun datagrams(
        vararg sizes: Int,
        first: Long = 1,
    ): List<Delivery> = sizes.mapIndexed { index, size -> Delivery.Datagram(first + index, size) }

    private fun behaviour(
        sentence: String,
        vararg needs: Ability,
        body: () -> Unit,
    ) {
        test(sentence).config(
            enabledOrReasonIf = {
                val reason =
                    harness.unavailable
                        ?: needs
                            .filterNot { it in harness.abilities }
                            .takeIf { it.isNotEmpty() }
                            ?.joinToString(prefix = "the harness of ${harness.name} lacks ")
                if (reason == null) Enabled.enabled else Enabled.disabled(reason)
            },
        ) { body() }
    }

    private fun onSocket(
        deliveries: List<Delivery> = emptyList(),
        batch: DatagramBatch = DatagramBatch(16, 1024),
        body: (NetlinkSocket, Receiver) -> Unit,
    ) {
        harness.open(deliveries).use { socket -> Receiver(socket, batch).use { body(socket, it) } }
    }

    init {
        afterSpec { if (made.isInitialized()) harness.close() }

        waking()
        closing()
        sending()
        receiving()
        losing()
        options()
        memberships()
        filters()
    }

    private fun waking() {
        behaviour("a wakeup before a receive makes the next receive return 0") {
            onSocket { socket, receiver ->
                socket.wakeup()
                receiver.receive() shouldBe 0
                receiver.batch.count() shouldBe 0
            }
        }

        behaviour("several wakeups before a receive count as one") {
            onSocket { socket, receiver ->
                repeat(3) { socket.wakeup() }
                receiver.receive() shouldBe 0
                socket.send(acknowledged(9, socket.order()))
                receiver.receive() shouldBe 1
            }
        }

        behaviour("a wakeup is consumed by a receive that does not wait") {
            onSocket { socket, receiver ->
                socket.wakeup()
                receiver.receive(0) shouldBe 0
                socket.send(acknowledged(9, socket.order()))
                receiver.receive() shouldBe 1
            }
        }

        behaviour("a wakeup takes precedence over waiting datagrams, and loses none") {
            onSocket(datagrams(64, 64)) { socket, receiver ->
                socket.wakeup()
                receiver.receive() shouldBe 0
                receiver.receive() shouldBe 2
            }
        }

        behaviour("a wakeup ends a blocked receive", Ability.BLOCK) {
            onSocket { socket, receiver ->
                repeat(500) {
                    val result = receiver.start()
                    if (it % 2 == 0) Thread.yield()
                    socket.wakeup()
                    result.bounded() shouldBe 0
                }
            }
        }

        behaviour("a timeout of 0 does not wait", Ability.BLOCK) {
            onSocket { _, receiver -> receiver.receive(0) shouldBe 0 }
        }

        behaviour("a receive returns 0 once its timeout has passed, not earlier", Ability.BLOCK) {
            onSocket { _, receiver ->
                val start = harness.transport.nanoTime()
                receiver.receive(TimeUnit.MICROSECONDS.toNanos(20_500)) shouldBe 0
                harness.transport.nanoTime() - start shouldBeGreaterThanOrEqualTo 20_500_000L
            }
        }

        behaviour("signals neither end a receive nor extend its deadline", Ability.BLOCK, Ability.SIGNAL) {
            onSocket { socket, receiver ->
                receiver.receive(0) shouldBe 0
                val start = harness.transport.nanoTime()
                val result = receiver.start(TimeUnit.MILLISECONDS.toNanos(200))
                val stop = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS)
                while (!result.isDone && System.nanoTime() < stop) {
                    harness.signal(socket, receiver.thread)
                    TimeUnit.MILLISECONDS.sleep(2)
                }
                result.bounded() shouldBe 0
                harness.transport.nanoTime() - start shouldBeGreaterThanOrEqualTo 200_000_000L
            }
        }

        behaviour("signals do not end a receive without a timeout", Ability.BLOCK, Ability.SIGNAL) {
            onSocket { socket, receiver ->
                receiver.receive(0) shouldBe 0
                val result = receiver.start()
                repeat(20) {
                    harness.signal(socket, receiver.thread)
                    TimeUnit.MILLISECONDS.sleep(1)
                }
                socket.send(acknowledged(3, socket.order()))
                result.bounded() shouldBe 1
            }
        }

        behaviour("Thread.interrupt does not end a receive, and the flag stays", Ability.BLOCK) {
            onSocket { socket, receiver ->
                val entered = AtomicBoolean()
                val result =
                    receiver.run {
                        Thread.currentThread().interrupt()
                        entered.set(true)
                        socket.receive(receiver.batch, FOR_EVER) to Thread.interrupted()
                    }
                eventually("the receiver has entered") { entered.get() }
                receiver.thread.interrupt()
                socket.send(acknowledged(3, socket.order()))
                result.bounded() shouldBe (1 to true)
            }
        }
    }

    private fun closing() {
        behaviour("10,000 closes from another thread end the receive with -1 and leak no descriptor") {
            val receivers = Executors.newSingleThreadExecutor()
            try {
                val batch = DatagramBatch(1, 64)

                fun round(number: Int) {
                    val socket = harness.open()
                    val result = receivers.submit(Callable { socket.receive(batch, FOR_EVER) })
                    // Sometimes before the receive, sometimes during it.
                    repeat(number % 50) { Thread.onSpinWait() }
                    if (number % 3 == 0) Thread.yield()
                    socket.close()
                    result.bounded() shouldBe -1
                }
                repeat(100, ::round)
                val before = harness.openDescriptors()
                repeat(10_000, ::round)
                val leaked = harness.openDescriptors() - before
                withClue("descriptors that are open after 10,000 closes") { leaked shouldBeLessThan FEW_DESCRIPTORS }
            } finally {
                receivers.shutdownNow()
            }
        }

        behaviour("close may be called again, and by several threads at once") {
            repeat(200) {
                onSocket { socket, receiver ->
                    val result = receiver.start()
                    val closers = List(4) { thread { socket.close() } }
                    closers.forEach { it.join(TimeUnit.SECONDS.toMillis(BOUND_SECONDS)) }
                    closers.count { it.isAlive } shouldBe 0
                    result.bounded() shouldBe -1
                    socket.close()
                }
            }
        }

        behaviour("concurrent senders get EBADF or succeed while another thread closes") {
            repeat(100) {
                harness.open().use { socket ->
                    val sender =
                        Executors.newSingleThreadExecutor().let { executor ->
                            executor
                                .submit(
                                    Callable {
                                        runCatching {
                                            repeat(100) { socket.send(acknowledged(it.toLong(), socket.order())) }
                                        }.exceptionOrNull()
                                    },
                                ).also { executor.shutdown() }
                        }
                    socket.close()
                    val failure = sender.bounded()
                    if (failure != null) {
                        (failure as SystemCallException).errno() shouldBe Errno.EBADF
                    }
                }
            }
        }

        behaviour("after close, a receive returns -1, and send, options and filter throw EBADF") {
            onSocket(datagrams(64)) { socket, receiver ->
                socket.close()
                receiver.receive() shouldBe -1
                receiver.receive(0) shouldBe -1
                receiver.batch.count() shouldBe 0
                shouldThrow<SystemCallException> { socket.send(acknowledged(1, socket.order())) }
                    .errno() shouldBe Errno.EBADF
                shouldThrow<SystemCallException> { socket.get(SocketOption.RECEIVE_BUFFER) }
                    .errno() shouldBe Errno.EBADF
                shouldThrow<SystemCallException> { socket.set(SocketOption.EXT_ACK, 1) }.errno() shouldBe Errno.EBADF
                shouldThrow<SystemCallException> { socket.set(SocketOption.ADD_MEMBERSHIP, 1) }
                    .errno() shouldBe Errno.EBADF
                shouldThrow<SystemCallException> { socket.filter(onlyFamily(2)) }.errno() shouldBe Errno.EBADF
                shouldThrow<SystemCallException> { socket.filter(null) }.errno() shouldBe Errno.EBADF
                socket.wakeup()
                receiver.receive() shouldBe -1
            }
        }

        behaviour("after close, the counters keep their values", Ability.OVERRUN, Ability.FOREIGN) {
            onSocket { socket, receiver ->
                socket.set(SocketOption.NO_ENOBUFS, 1)
                harness.deliver(socket, listOf(Delivery.Foreign, Delivery.Foreign) + datagrams(64))
                receiver.receive() shouldBe 1
                flood(socket)
                val drops = socket.drops()
                drops shouldBeGreaterThan 0L
                socket.foreign() shouldBe 2
                val port = socket.portId()
                socket.close()
                socket.drops() shouldBe drops
                socket.foreign() shouldBe 2
                socket.portId() shouldBe port
            }
        }
    }

    private fun sending() {
        behaviour("a send succeeds while a receive is blocked") {
            onSocket { socket, receiver ->
                repeat(500) { round ->
                    // An idle recording would end, not block: there the send comes first.
                    val early = if (Ability.BLOCK in harness.abilities) receiver.start() else null
                    socket.send(acknowledged(round.toLong(), socket.order()))
                    (early ?: receiver.start()).bounded() shouldBe 1
                    receiver.batch.sequences(socket.order()) shouldContainExactly listOf(round.toLong())
                }
            }
        }

        behaviour("several threads send at once, and each datagram arrives complete") {
            onSocket { socket, receiver ->
                val threads = 4L
                val each = 50L
                val senders =
                    (0 until threads).map { number ->
                        thread {
                            (0 until each).forEach { socket.send(acknowledged(number * each + it, socket.order())) }
                        }
                    }
                senders.forEach { it.join(TimeUnit.SECONDS.toMillis(BOUND_SECONDS)) }
                val seen = mutableListOf<Long>()
                while (seen.size < threads * each) {
                    receiver.receive() shouldBeGreaterThan 0
                    seen += receiver.batch.sequences(socket.order())
                }
                seen.sorted() shouldContainExactly (0 until threads * each).toList()
            }
        }

        behaviour("a send leaves the buffer unchanged, direct or not, from its position to its limit") {
            onSocket { socket, receiver ->
                val request = acknowledged(77, socket.order())
                for (buffer in listOf(ByteBuffer.allocate(64), ByteBuffer.allocateDirect(64))) {
                    buffer.position(8)
                    buffer.put(request.duplicate())
                    buffer.limit(buffer.position()).position(8)
                    socket.send(buffer)
                    buffer.position() shouldBe 8
                    buffer.limit() shouldBe 8 + request.remaining()
                    receiver.receive() shouldBe 1
                    receiver.batch.sequences(socket.order()) shouldContainExactly listOf(77L)
                }
                val readOnly = request.asReadOnlyBuffer()
                socket.send(readOnly)
                receiver.receive() shouldBe 1
            }
        }

        behaviour("a datagram that exceeds the send buffer fails with EMSGSIZE", Ability.OPTIONS) {
            onSocket { socket, _ ->
                socket.set(SocketOption.SEND_BUFFER, 8192)
                val size = socket.get(SocketOption.SEND_BUFFER)
                shouldThrow<SystemCallException> { socket.send(ByteBuffer.allocate(size)) }
                    .errno() shouldBe Errno.EMSGSIZE
            }
        }
    }

    private fun receiving() {
        behaviour("a receive returns waiting datagrams in order, as many as fit, and the rest the next time") {
            val sizes = IntArray(20) { 40 + 4 * it }
            onSocket(datagrams(*sizes), DatagramBatch(8, 256)) { socket, receiver ->
                val seen = mutableListOf<Long>()
                for (expected in listOf(8, 8, 4)) {
                    receiver.receive() shouldBe expected
                    val batch = receiver.batch
                    seen += batch.sequences(socket.order())
                    for (index in 0 until batch.count()) {
                        val message = batch.message(index, socket.order())
                        batch.truncated(index) shouldBe false
                        batch.length(index) shouldBe sizes[message.sequence().toInt() - 1]
                        message.length() shouldBe batch.length(index)
                    }
                }
                seen shouldContainExactly (1L..20L).toList()
            }
        }

        behaviour("headers are in the socket's byte order, and answers have its port id") {
            onSocket { socket, receiver ->
                socket.send(acknowledged(0x01020304, socket.order()))
                receiver.receive() shouldBe 1
                val message = receiver.batch.message(0, socket.order())
                message.type() shouldBe Netlink.NLMSG_ERROR
                message.sequence() shouldBe 0x01020304
                message.portId() shouldBe socket.portId()
                socket.portId() shouldBeGreaterThan 0L
            }
        }

        behaviour("a receive clears the previous contents of the batch") {
            onSocket(datagrams(64, 64)) { socket, receiver ->
                receiver.batch.markOverrun()
                receiver.receive() shouldBe 2
                receiver.batch.overrun() shouldBe false
                socket.wakeup()
                receiver.receive() shouldBe 0
                receiver.batch.count() shouldBe 0
            }
        }

        behaviour("a batch has a time of receipt") {
            onSocket(datagrams(64)) { _, receiver ->
                receiver.batch.receivedAt(0)
                receiver.receive() shouldBe 1
                receiver.batch.receivedAt() shouldBeGreaterThan 0L
            }
        }

        behaviour("a datagram larger than its slot is marked, and the others are complete") {
            onSocket(datagrams(128, 1000, 256, 260, 64), DatagramBatch(8, 256)) { socket, receiver ->
                receiver.receive() shouldBe 5
                val batch = receiver.batch
                List(5) { batch.truncated(it) } shouldContainExactly listOf(false, true, false, true, false)
                List(5) { batch.length(it) } shouldContainExactly listOf(128, 256, 256, 256, 64)
                batch.sequences(socket.order()) shouldContainExactly listOf(1L, 3L, 5L)
            }
        }

        behaviour("a batch serves several sockets in turn, and a socket several batches") {
            val batches = listOf(DatagramBatch(2, 128), DatagramBatch(4, 512))
            repeat(2) {
                harness.open(datagrams(64, 68, 72, 76)).use { socket ->
                    batches.map { batch ->
                        Receiver(socket, batch).use { it.receive() }
                        batch.sequences(socket.order())
                    } shouldContainExactly listOf(listOf(1L, 2L), listOf(3L, 4L))
                }
            }
        }

        behaviour("a second thread that receives at the same time gets an IllegalStateException", Ability.BLOCK) {
            onSocket { socket, first ->
                // Either of the two may be the second one.
                val blocked =
                    first.run {
                        var result: Int? = null
                        while (result == null) {
                            result = runCatching { socket.receive(first.batch, FOR_EVER) }.getOrNull()
                        }
                        result
                    }
                Receiver(socket).use { second ->
                    eventually("the second thread has failed") {
                        second
                            .run { runCatching { socket.receive(second.batch, 0) }.exceptionOrNull() }
                            .bounded() is IllegalStateException
                    }
                }
                socket.wakeup()
                blocked.bounded() shouldBe 0
            }
        }
    }

    private fun losing() {
        behaviour("a foreign sender's datagram is dropped and counted, the others arrive", Ability.FOREIGN) {
            val deliveries = datagrams(64) + Delivery.Foreign + Delivery.Foreign + datagrams(64, first = 2)
            onSocket(deliveries) { socket, receiver ->
                val seen = mutableListOf<Long>()
                while (seen.size < 2) {
                    receiver.receive() shouldBeGreaterThan 0
                    seen += receiver.batch.sequences(socket.order())
                }
                seen shouldContainExactly listOf(1L, 2L)
                socket.foreign() shouldBe 2
            }
        }

        behaviour(
            "a wait continues after a foreign sender's datagram",
            Ability.FOREIGN,
            Ability.BLOCK,
            Ability.DELIVER_ANY_TIME,
        ) {
            onSocket { socket, receiver ->
                val result = receiver.start()
                harness.deliver(socket, listOf(Delivery.Foreign))
                eventually("the foreign datagram is counted") { socket.foreign() == 1L }
                result.isDone shouldBe false
                harness.deliver(socket, datagrams(64))
                result.bounded() shouldBe 1
            }
        }

        behaviour("datagrams that arrived singly hide none that arrive together", Ability.DELIVER_ANY_TIME) {
            onSocket { socket, receiver ->
                var next = 0L
                for (together in List(20) { 1 } + 5 + 1 + 1 + 70) {
                    harness.deliver(socket, List(together) { Delivery.Datagram(++next, 64) })
                    val seen = mutableListOf<Long>()
                    while (receiver.receive(0) > 0) {
                        seen += receiver.batch.sequences(socket.order())
                    }
                    seen shouldContainExactly (next - together + 1..next).toList()
                }
            }
        }

        behaviour("an overrun marks a batch, once, and drops counts the loss", Ability.OVERRUN) {
            onSocket { socket, receiver ->
                val sent = flood(socket)
                val drops = socket.drops()
                drops shouldBeGreaterThan 0L
                val marks = drain(socket, receiver, sent - drops.toInt())
                marks shouldBe 1
                socket.drops() shouldBe drops
                // The session continues normally.
                harness.deliver(socket, datagrams(64, first = 500))
                receiver.receive() shouldBe 1
                receiver.batch.overrun() shouldBe false
                receiver.batch.sequences(socket.order()) shouldContainExactly listOf(500L)
            }
        }

        behaviour("with NO_ENOBUFS an overrun marks nothing, and drops counts exactly", Ability.OVERRUN) {
            onSocket { socket, receiver ->
                socket.set(SocketOption.NO_ENOBUFS, 1)
                val sent = flood(socket)
                val drops = socket.drops()
                drops shouldBeGreaterThan 0L
                drain(socket, receiver, sent - drops.toInt()) shouldBe 0
                socket.drops() shouldBe drops
                harness.deliver(socket, datagrams(64, first = 500))
                receiver.receive() shouldBe 1
            }
        }
    }

    private fun options() {
        behaviour("options can be turned on and off", Ability.OPTIONS) {
            onSocket { socket, _ ->
                for (option in listOf(SocketOption.NO_ENOBUFS, SocketOption.EXT_ACK, SocketOption.CAP_ACK)) {
                    for (value in listOf(1, 0, 1)) {
                        socket.set(option, value)
                        withClue(option) { socket.get(option) shouldBe value }
                    }
                }
            }
        }

        behaviour("buffer options return the actual size, which the kernel doubles", Ability.OPTIONS) {
            onSocket { socket, _ ->
                for (option in listOf(SocketOption.RECEIVE_BUFFER, SocketOption.SEND_BUFFER)) {
                    socket.set(option, 65_536)
                    withClue(option) { socket.get(option) shouldBe 131_072 }
                }
            }
        }
    }

    private fun memberships() {
        behaviour("a multicast group is joined and left, and repeating that changes nothing") {
            onSocket { socket, receiver ->
                for (option in listOf(SocketOption.ADD_MEMBERSHIP, SocketOption.DROP_MEMBERSHIP)) {
                    repeat(2) { socket.set(option, UNUSED_GROUP) }
                }
                socket.send(acknowledged(9, socket.order()))
                receiver.receive() shouldBe 1
            }
        }

        behaviour("a membership cannot be read") {
            onSocket { socket, _ ->
                for (option in listOf(SocketOption.ADD_MEMBERSHIP, SocketOption.DROP_MEMBERSHIP)) {
                    shouldThrow<IllegalArgumentException> { socket.get(option) }.message shouldBe
                        "$option can only be set"
                }
            }
        }

        behaviour("a value out of an option's range is refused with the name and the range") {
            onSocket { socket, _ ->
                shouldThrow<IllegalArgumentException> { socket.set(SocketOption.ADD_MEMBERSHIP, 0) }
                    .message shouldBe "ADD_MEMBERSHIP 0 is out of 1 to 2147483647"
                shouldThrow<IllegalArgumentException> { socket.set(SocketOption.DROP_MEMBERSHIP, -1) }
                    .message shouldBe "DROP_MEMBERSHIP -1 is out of 1 to 2147483647"
                shouldThrow<IllegalArgumentException> { socket.set(SocketOption.EXT_ACK, 2) }
                    .message shouldBe "EXT_ACK 2 is neither 0 (off) nor 1 (on)"
                shouldThrow<IllegalArgumentException> { socket.set(SocketOption.RECEIVE_BUFFER, 0) }
                    .message shouldBe "RECEIVE_BUFFER 0 is out of 1 to 2147483647 bytes"
            }
        }

        behaviour("a multicast group that the protocol does not have cannot be joined", Ability.OPTIONS) {
            onSocket { socket, _ ->
                shouldThrow<SystemCallException> { socket.set(SocketOption.ADD_MEMBERSHIP, 4_000) }
                    .errno() shouldBe Errno.EINVAL
            }
        }
    }

    private fun filters() {
        behaviour("a filter is set, replaced and removed, also twice, and answers pass it") {
            onSocket { socket, receiver ->
                for ((round, filter) in listOf(null, onlyFamily(2), onlyFamily(10), null, null).withIndex()) {
                    socket.filter(filter)
                    socket.send(acknowledged(round + 1L, socket.order()))
                    receiver.receive() shouldBe 1
                    receiver.batch.sequences(socket.order()) shouldContainExactly listOf(round + 1L)
                }
            }
        }

        behaviour("what a filter rejects is neither received nor lost", Ability.FOREIGN, Ability.DELIVER_ANY_TIME) {
            onSocket { socket, receiver ->
                // Of family 0, and counted when they are received.
                for ((filter, seen) in listOf(onlyFamily(2) to 0L, onlyFamily(0) to 1L, null to 2L)) {
                    socket.filter(filter)
                    harness.deliver(socket, listOf(Delivery.Foreign) + datagrams(64))
                    receiver.receive() shouldBe 1
                    socket.foreign() shouldBe seen
                }
                socket.drops() shouldBe 0
            }
        }

        behaviour(
            "a filter does not remove what is already on the socket",
            Ability.FOREIGN,
            Ability.DELIVER_ANY_TIME,
        ) {
            onSocket { socket, receiver ->
                harness.deliver(socket, listOf(Delivery.Foreign))
                socket.filter(onlyFamily(2))
                harness.deliver(socket, datagrams(64))
                receiver.receive() shouldBe 1
                socket.foreign() shouldBe 1
            }
        }

        behaviour("messages that a filter rejects take no space", Ability.OVERRUN, Ability.FOREIGN) {
            onSocket { socket, receiver ->
                socket.set(SocketOption.RECEIVE_BUFFER, 8192)
                socket.filter(onlyFamily(2))
                harness.deliver(socket, List(100) { Delivery.Foreign } + datagrams(64))
                receiver.receive() shouldBe 1
                receiver.batch.overrun() shouldBe false
                socket.drops() shouldBe 0
            }
        }
    }

    private fun onlyFamily(family: Int): EventFilter = EventFilter.builder().require(FamilyCondition.of(family)).build()

    /** Delivers far more than a small receive buffer holds. Returns the number. */
    private fun flood(socket: NetlinkSocket): Int {
        socket.set(SocketOption.RECEIVE_BUFFER, 8192)
        val flood = datagrams(*IntArray(100) { 512 })
        harness.deliver(socket, flood)
        return flood.size
    }

    /** Receives that many datagrams and then nothing. Returns the number of batches that were marked. */
    private fun drain(
        socket: NetlinkSocket,
        receiver: Receiver,
        expected: Int,
    ): Int {
        var marks = 0
        val seen = mutableListOf<Long>()
        while (true) {
            val count = receiver.receive(0)
            if (receiver.batch.overrun()) marks++
            seen += receiver.batch.sequences(socket.order())
            if (count == 0 && !receiver.batch.overrun()) break
        }
        seen.size shouldBe expected
        seen shouldContainExactly seen.sorted()
        return marks
    }
}
