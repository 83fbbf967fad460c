// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread

private const val LONG_NANOS = 10_000_000_000L
private const val SMALL_BUFFER = 8_192
private const val LARGE_BUFFER = 64 shl 20

/** How a receive that sleeps in the kernel is woken up, and how the waking message is handled. */
class NudgeSpec :
    FunSpec({
        val order = ByteOrder.nativeOrder()
        val batch = DatagramBatch(64, 4_096)

        fun request(sequence: Long): ByteBuffer =
            MessageWriter(64, order)
                .begin(Netlink.NLMSG_NOOP, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, sequence)
                .end()
                .datagram()

        /** A socket without notification of overruns, since only such sockets sleep in the receive. */
        fun open(): NetlinkSocket =
            LinuxTransport.current().open(Netlink.NETLINK_NETFILTER).apply { set(SocketOption.NO_ENOBUFS, 1) }

        fun DatagramBatch.sequences() =
            List(count()) {
                MessageCursor().wrap(buffer(), offset(it), length(it), order).run {
                    next()
                    sequence()
                }
            }

        /** A bound descriptor, without a socket object. */
        fun withDescriptor(test: (Int) -> Unit) {
            val fd = Descriptor.open(Netlink.NETLINK_NETFILTER)
            try {
                Descriptor.bind(fd)
                Descriptor.connect(fd) shouldBe true
                test(fd)
            } finally {
                LibC.close(fd)
            }
        }

        /** Receives everything. Returns the number of acknowledgements of nudges and the number of other datagrams. */
        fun Nudge.drain(fd: Int): Pair<Int, Int> {
            val slots = ReceiveSlots(batch)
            var own = 0
            var others = 0
            while (true) {
                val before = done()
                if (slots.receive(fd, 1, Abi.MSG_DONTWAIT, false) < 0) {
                    Machine.errnoNumber() shouldBe 11
                    empty(before)
                    return own to others
                }
                if (takes(batch.buffer(), batch.slotOffset(0), slots.length(0))) own++ else others++
            }
        }

        test("a long wait ends at its timeout, and not before").config(enabledOrReasonIf = needsNetAdmin) {
            open().use { socket ->
                for (millis in listOf(100L, 250L)) {
                    val start = System.nanoTime()
                    socket.receive(batch, millis * 1_000_000) shouldBe 0
                    System.nanoTime() - start shouldBeGreaterThanOrEqual millis * 1_000_000
                }
            }
        }

        test("wakeups end sleeps, and their messages are neither delivered nor hide others")
            .config(enabledOrReasonIf = needsNetAdmin) {
                open().use { socket ->
                    socket.set(SocketOption.RECEIVE_BUFFER, LARGE_BUFFER) // no loss in this test
                    val messages = 20_000L
                    val seen = mutableListOf<Long>()
                    var wokenUp = 0L
                    val receiver =
                        thread {
                            val own = DatagramBatch(16, 1_024)
                            while (seen.size < messages) {
                                if (socket.receive(own, LONG_NANOS) == 0) wokenUp++
                                seen += own.sequences()
                            }
                        }
                    for (sequence in 1..messages) {
                        socket.wakeup()
                        socket.send(request(sequence))
                        if (sequence % 3 == 0L) socket.wakeup()
                    }
                    receiver.join()
                    seen shouldContainExactly (1..messages).toList()
                    wokenUp shouldBeGreaterThan 0
                    socket.drops() shouldBe 0
                }
            }

        test("received and lost datagrams add up, even if wakeups occur in the flood")
            .config(enabledOrReasonIf = needsNetAdmin) {
                open().use { socket ->
                    socket.set(SocketOption.RECEIVE_BUFFER, SMALL_BUFFER)
                    val sent = 50_000L
                    var received = 0L
                    val ended = AtomicBoolean()
                    val receiver =
                        thread {
                            val own = DatagramBatch(16, 1_024)
                            while (!ended.get()) received += socket.receive(own, LONG_NANOS)
                        }
                    val waker = thread { while (!ended.get()) socket.wakeup() }
                    for (sequence in 1..sent) socket.send(request(sequence))
                    ended.set(true)
                    socket.wakeup()
                    receiver.join()
                    waker.join()
                    var empty = 0
                    while (empty < 2) { // the first may have consumed a wakeup
                        val count = socket.receive(batch, 0)
                        received += count
                        empty = if (count > 0) 0 else empty + 1
                    }
                    received + socket.drops() shouldBe sent
                }
            }

        test("a lost acknowledgement is recognized, and not counted as a packet's loss")
            .config(enabledOrReasonIf = needsNetAdmin) {
                withDescriptor { fd ->
                    Descriptor.set(fd, SocketOption.NO_ENOBUFS, 1)
                    Descriptor.set(fd, SocketOption.RECEIVE_BUFFER, SMALL_BUFFER)
                    val outbound = Outbound()
                    var sent = 0L
                    while (Descriptor.drops(fd) == 0L) outbound.send(fd, request(++sent))
                    val nudge = Nudge()
                    nudge.fallAsleep()
                    nudge.wake(fd)
                    nudge.wake(fd)
                    Descriptor.drops(fd) shouldBe 3
                    nudge.expected() shouldBe true
                    val (own, others) = nudge.drain(fd)
                    own shouldBe 0
                    nudge.lost() shouldBe 2
                    nudge.expected() shouldBe false
                    others + Descriptor.drops(fd) - nudge.lost() shouldBe sent
                    nudge.wake(fd)
                    nudge.drain(fd) shouldBe (1 to 0)
                    nudge.lost() shouldBe 2
                }
            }

        test("a receive that does not sleep is not woken up").config(enabledOrReasonIf = needsNetAdmin) {
            withDescriptor { fd ->
                val nudge = Nudge()
                nudge.wake(fd)
                nudge.fallAsleep()
                nudge.awake()
                nudge.wake(fd)
                nudge.drain(fd) shouldBe (0 to 0)
                nudge.expected() shouldBe false
            }
        }

        test("other acknowledgements with its number are not touched").config(enabledOrReasonIf = needsNetAdmin) {
            withDescriptor { fd ->
                val nudge = Nudge()
                nudge.fallAsleep()
                nudge.wake(fd)
                val refused =
                    MessageWriter(64, order)
                        .begin(0x4ff, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, 0xffff_ffff)
                        .end()
                        .datagram()
                Outbound().send(fd, refused)
                nudge.drain(fd) shouldBe (1 to 1)
            }
        }
    })
