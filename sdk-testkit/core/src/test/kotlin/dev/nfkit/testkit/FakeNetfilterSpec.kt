// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.AttributeCursor
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

private val native = ByteOrder.nativeOrder()

private fun request(
    sequence: Long,
    type: Int = 0x401,
    flags: Int = Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK,
): ByteBuffer =
    MessageWriter(256, native)
        .begin(type, flags, sequence)
        .nfgenmsg(2, 7)
        .u8(1, 1)
        .be32(5, 0x0a0b0c0d)
        .end()
        .datagram()

private fun FakeNetlinkSocket.next(batch: DatagramBatch): MessageCursor {
    receive(batch, 0) shouldBe 1
    return MessageCursor().wrap(batch.buffer(), batch.offset(0), batch.length(0), order()).also { it.next() }
}

private fun MessageCursor.error(): Int = -buffer().duplicate().order(order()).getInt(bodyOffset())

class FakeNetfilterSpec :
    FunSpec({
        val batch = DatagramBatch(1, 4096)

        test("a request that asks for an acknowledgement gets one, capped, with its sequence number") {
            val socket = FakeNetfilter().open(12)
            socket.send(request(42))
            val answer = socket.next(batch)
            answer.type() shouldBe Netlink.NLMSG_ERROR
            answer.flags() shouldBe Netlink.NLM_F_CAPPED
            answer.sequence() shouldBe 42
            answer.portId() shouldBe socket.portId()
            answer.length() shouldBe 36
            answer.error() shouldBe 0
            batch.strict() shouldBe true
        }

        test("a request that does not ask gets no answer") {
            val socket = FakeNetfilter().open(12)
            socket.send(request(42, flags = Netlink.NLM_F_REQUEST))
            socket.receive(batch, 0) shouldBe 0
        }

        test("a refusal is sent even if not requested, quotes the request, and has the kernel's text if enabled") {
            val transport = FakeNetfilter()
            val socket = transport.open(12)
            transport.onRequest { it.resId() == 7 }.refuse(Errno.EPERM, "not yours")
            socket.send(request(1, flags = Netlink.NLM_F_REQUEST))
            val whole = socket.next(batch)
            whole.error() shouldBe 1
            whole.length() shouldBe 20 + 36
            socket.set(SocketOption.EXT_ACK, 1)
            socket.set(SocketOption.CAP_ACK, 1)
            socket.send(request(2))
            val reported = socket.next(batch)
            reported.flags() shouldBe (Netlink.NLM_F_CAPPED or Netlink.NLM_F_ACK_TLVS)
            val words = AttributeCursor()
            words.wrap(reported.buffer(), reported.offset() + 36, reported.length() - 36, native, "ack")
            words.next() shouldBe true
            words.type() shouldBe 1
            words.string() shouldBe "not yours"
        }

        test("rules apply in order, each up to its limit, then the kernel's own answer is used") {
            val transport = FakeNetfilter()
            val socket = transport.open(12)
            transport.onRequest { true }.refuse(Errno.EBUSY).times(1)
            transport.onRequest { true }.withoutAcknowledgement().times(1)
            socket.send(request(1))
            socket.next(batch).error() shouldBe Errno.EBUSY.number()
            socket.send(request(2))
            socket.receive(batch, 0) shouldBe 0
            socket.send(request(3))
            socket.next(batch).error() shouldBe 0
        }

        test("a rule may let the model execute the request first, and then lose its acknowledgement") {
            with(NfqueueSteps()) {
                transport
                    .onRequest { it.type() == NfqueueConfig.NFQNL_MSG_CONFIG && it.resId() == 3 }
                    .carriedOut()
                    .withoutAcknowledgement()
                    .times(1)
                shouldThrow<NoSuchElementException> { bind(3) } // no answer arrives
                transport.nfqueue().queues().map { it.queue() } shouldContainExactly listOf(3)
                bind(3) shouldBe Errno.EBUSY.number()
            }
        }

        test(
            "a rule that executes a request refuses what the model refuses, and may refuse what the model has done",
        ) {
            with(NfqueueSteps()) {
                transport
                    .onRequest { true }
                    .carriedOut()
                    .refuse(Errno.ENOMEM)
                    .times(2)
                config(3) { be32(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN, 1) } shouldBe Errno.ENODEV.number()
                bind(3) shouldBe Errno.ENOMEM.number()
                transport.nfqueue().queues().map { it.queue() } shouldContainExactly listOf(3)
            }
        }

        test("a request without a model is EINVAL, and a packet from user space ENOTSUPP") {
            val socket = FakeNetfilter().open(12)
            for (type in listOf(0x0a00, 0xffff, 0x402, 0x304, 0x10)) {
                socket.send(request(1, type))
                socket.next(batch).error() shouldBe Errno.EINVAL.number()
            }
            for (type in listOf(0x300, 0x400)) {
                socket.send(request(1, type))
                socket.next(batch).error() shouldBe Errno.ENOTSUPP.number()
            }
        }

        test("netlink's own messages, and one too short for a family, are acknowledged without effect") {
            val socket = FakeNetfilter().open(12)
            socket.send(request(1, Netlink.NLMSG_NOOP))
            socket.next(batch).error() shouldBe 0
            socket.send(
                MessageWriter(64, native).begin(0xffff, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, 2).end().datagram(),
            )
            socket.next(batch).error() shouldBe 0
        }

        test("a scripted reply comes before the acknowledgement") {
            val transport = FakeNetfilter()
            val socket = transport.open(12)
            transport.onRequest { it.type() == 0x401 }.reply { request, writer ->
                writer.begin(0x101, 0, request.sequence(), request.portId()).nfgenmsg(2, 0).end()
            }
            socket.send(request(6))
            socket.next(batch).type() shouldBe 0x101
            socket.next(batch).type() shouldBe Netlink.NLMSG_ERROR
        }

        test("sent messages are recorded, decoded") {
            val transport = FakeNetfilter()
            val socket = transport.open(12)
            socket.send(request(6))
            val sent = transport.sent().single()
            sent.sequence() shouldBe 6
            sent.family() shouldBe 2
            sent.resId() shouldBe 7
            sent.portId() shouldBe socket.portId()
            sent.attribute(5).get().u32(0) shouldBe 0x0a0b0c0d
            sent.has(6) shouldBe false
        }

        test("effects happen at their position among the datagrams") {
            val socket = FakeNetfilter().open(12)
            val two = DatagramBatch(4, 64)
            socket.deliver(1)
            socket.effect(SocketEffect.Overrun(3))
            socket.deliver(2)
            socket.effect(SocketEffect.Truncated(Bytes.of(3, 3)))
            socket.effect(SocketEffect.Hold("later"))
            socket.deliver(4)
            socket.effect(SocketEffect.ReceiveFailure(Errno.ENOMEM))
            socket.effect(SocketEffect.EndOfStream())
            socket.drops() shouldBe 3

            socket.receive(two, 0) shouldBe 1
            two.overrun() shouldBe false
            socket.receive(two, 0) shouldBe 2
            two.overrun() shouldBe true
            two.truncated(0) shouldBe false
            two.truncated(1) shouldBe true
            socket.receive(two, 0) shouldBe 0
            socket.release("later")
            socket.receive(two, 0) shouldBe 1
            shouldThrow<SystemCallException> { socket.receive(two, 0) }.errno() shouldBe Errno.ENOMEM
            socket.receive(two, -1) shouldBe -1
        }

        test("a send or an open that is set to fail does so once") {
            val transport = FakeNetfilter().failNextOpen(Errno.EMFILE)
            shouldThrow<SystemCallException> { transport.open(12) }.errno() shouldBe Errno.EMFILE
            val socket = transport.open(12)
            socket.effect(SocketEffect.SendFailure(Errno.ENOBUFS))
            shouldThrow<SystemCallException> { socket.send(request(1)) }.errno() shouldBe Errno.ENOBUFS
            socket.send(request(2))
            transport.sent().map { it.sequence() } shouldContainExactly listOf(2L)
        }

        test("a receive buffer that may not be forced is limited, and doubled") {
            val transport = FakeNetfilter()
            transport.kernel().receiveBufferLimit(100_000, false)
            val socket = transport.open(12)
            socket.set(SocketOption.RECEIVE_BUFFER, 1_000_000)
            socket.get(SocketOption.RECEIVE_BUFFER) shouldBe 200_000
        }

        test("an automatic clock jumps to a receive's deadline") {
            val transport = FakeNetfilter()
            val socket = transport.open(12)
            val start = transport.nanoTime()
            socket.receive(batch, TimeUnit.HOURS.toNanos(1)) shouldBe 0
            transport.nanoTime() - start shouldBe TimeUnit.HOURS.toNanos(1)
        }

        test("a manual clock stands still until it is advanced, which ends receives whose timeout has passed") {
            val clock = TestClock.manual()
            val socket = FakeNetfilter(clock).open(12)
            val start = clock.nanoTime()
            val result = CompletableFuture.supplyAsync { socket.receive(batch, TimeUnit.SECONDS.toNanos(5)) }
            while (!result.isDone) {
                clock.advance(Duration.ofMillis(100))
                Thread.yield()
            }
            result.get() shouldBe 0
            clock.nanoTime() - start shouldBeGreaterThanOrEqual TimeUnit.SECONDS.toNanos(5)
        }

        test("every wait has a bound: a receive that is never ended fails the test with a reason") {
            val clock = TestClock.manual()
            clock.patience(Duration.ofMillis(20))
            val socket = FakeNetfilter(clock).open(12)
            shouldThrow<AssertionError> { socket.receive(batch, -1) }.message shouldContain "patience of 20 ms"
        }

        test("verify names packets that wait in a queue or in a batch") {
            val transport = FakeNetfilter(TestClock.manual())
            NfqueueSession.open(transport, NfqueueOptions.builder().queue(3).build()).use {
                NflogSession.open(transport, NflogOptions.builder().group(30).build()).use {
                    repeat(2) { transport.nfqueue().enqueue(3, SamplePackets.udp4(1)) }
                    transport.nflog().log(30, SamplePackets.udp4(1))
                    val message = shouldThrow<AssertionError> { transport.verify() }.message
                    message shouldContain "queue 3 has 2 packets that wait for a verdict: ids [1, 2]"
                    message shouldContain "group 30 holds 1 packets that were not sent yet"
                }
            }
            transport.verify()
        }

        test("a wait ends when its condition is true, otherwise it fails with the state of the kernel") {
            val transport = FakeNetfilter(TestClock.manual())
            transport.clock().patience(Duration.ofMillis(50))
            val message = shouldThrow<AssertionError> { transport.nfqueue().awaitBound(3) }.message
            message shouldContain "queue 3 was not bound within PT0.05S"
            message shouldContain "queues none"
            shouldThrow<AssertionError> { transport.nflog().awaitBound(30) }.message shouldContain "group 30"
            NfqueueSession.open(transport, NfqueueOptions.builder().queue(3).build()).use {
                transport.nfqueue().awaitBound(3)
                transport.nfqueue().enqueue(3, SamplePackets.udp4(1))
                val waiting = shouldThrow<AssertionError> { transport.nfqueue().takeDecided() }.message
                waiting shouldContain "the end of packet 1"
                waiting shouldContain "queues 3 (socket 4711, waiting: [1])"
                waiting shouldContain "packets that left a queue none"
                val opened =
                    CompletableFuture.runAsync {
                        NflogSession.open(
                            transport,
                            NflogOptions.builder().group(30).build(),
                        )
                    }
                transport.clock().patience(Duration.ofSeconds(30))
                transport.nflog().awaitBound(30)
                opened.get()
            }
            transport.nfqueue().takeDecided().dropped() shouldBe true // by the session's end
        }

        test("verify names what is left") {
            val transport = FakeNetfilter()
            transport.onRequest { false }
            val socket = transport.open(12)
            socket.deliver(1)
            val message = shouldThrow<AssertionError> { transport.verify() }.message
            message shouldContain "socket 4711 is open, with 1 datagrams not received"
            message shouldContain "1 of 1 request rules matched no request"
        }
    })
