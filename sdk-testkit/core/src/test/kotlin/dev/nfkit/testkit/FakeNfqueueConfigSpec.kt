// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.Errno
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_CMD
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_FLAGS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_CONNTRACK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_FAIL_OPEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_MASK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_PARAMS
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_PF_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_PF_UNBIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_UNBIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_CONFIG
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.QueueState
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private const val MAXLEN = NFQA_CFG_QUEUE_MAXLEN

/** Configuration, checked in the order observed on Linux 6.18. */
class FakeNfqueueConfigSpec :
    FunSpec({
        test("one message binds and configures") {
            with(NfqueueSteps()) {
                bind(5, range = 96, maxLength = 3, flags = NFQA_CFG_F_FAIL_OPEN) shouldBe 0
                state(5) shouldBe QueueState(5, socket.portId(), 0, 2, 96, 0, 0, 0)
            }
        }

        test("a queue starts in copy mode NONE, with the longest range and 1024 packets") {
            with(NfqueueSteps()) {
                config(5, NFQNL_CFG_CMD_BIND) shouldBe 0
                state(5) shouldBe QueueState(5, socket.portId(), 0, 0, 65531, 0, 0, 0)
                config(5) { params(0, PACKET_MODE) } shouldBe 0
                socket.set(SocketOption.RECEIVE_BUFFER, 1 shl 20)
                enqueue(5, 1025)
                state(5).queueDropped() shouldBe 1
                state(5).waiting() shouldBe 1024
            }
        }

        test("BIND of a queue that this socket owns is EBUSY, and any request of another socket EPERM") {
            val one = NfqueueSteps()
            val other = NfqueueSteps(one.transport)
            one.bind(5) shouldBe 0
            one.bind(5, range = 7) shouldBe Errno.EBUSY.number()
            one.state(5).copyRange() shouldBe 65531
            other.bind(5) shouldBe Errno.EPERM.number()
            other.config(5) { be32(MAXLEN, 1) } shouldBe Errno.EPERM.number()
            other.config(5, NFQNL_CFG_CMD_UNBIND) shouldBe Errno.EPERM.number()
            other.config(5, 7) shouldBe Errno.EPERM.number()
        }

        test("a queue that the test assigned to another owner is refused with EPERM, and listed with its owner") {
            with(NfqueueSteps()) {
                transport.kernel().ownQueue(30, 99)
                bind(30) shouldBe Errno.EPERM.number()
                verdict(30, 1) shouldBe Errno.EPERM.number()
                bind(2) shouldBe 0
                transport.kernel().nfqueues().map { it.queue() to it.portId() } shouldContainExactly
                    listOf(2 to socket.portId(), 30 to 99L)
            }
        }

        test("without the capability everything is refused with EPERM") {
            with(NfqueueSteps()) {
                bind(3)
                enqueue(3)
                transport.kernel().netAdmin(NetAdmin.MISSING)
                bind(30) shouldBe Errno.EPERM.number()
                verdict(3, 1) shouldBe Errno.EPERM.number()
            }
        }

        test(
            "without the capability a datagram of several verdicts is refused as a whole, with one answer",
        ) {
            with(NfqueueSteps()) {
                bind(3)
                enqueue(3, 3)
                packets()
                transport.kernel().netAdmin(NetAdmin.MISSING)
                begin()
                val first = add(3, 1)
                add(3, 2)
                add(3, 3, batch = true, acknowledged = true)
                send()
                errors() shouldContainExactly listOf(first to Errno.EPERM.number())
                left().shouldBeEmpty()
                transport.sent().takeLast(3).map { it.resId() } shouldContainExactly listOf(3, 3, 3)
                state(3).waiting() shouldBe 3
            }
        }

        test("a strict kernel refuses unknown flags before it requires a mask") {
            with(NfqueueSteps()) {
                transport.kernel().strictFlags(true)
                bind(3, flags = NFQA_CFG_F_FAIL_OPEN) shouldBe 0
                config(3) { flags(32, 0) } shouldBe Errno.EINVAL.number()
                config(9) { be32(NFQA_CFG_FLAGS, 64) } shouldBe Errno.EINVAL.number()
                config(3) { flags(31 - NFQA_CFG_F_CONNTRACK) } shouldBe 0
                transport.kernel().strictFlags(false)
                config(3) { flags(32, 0) } shouldBe Errno.EOPNOTSUPP.number()
            }
        }

        test("a queue that is not bound is ENODEV, an unknown command EOPNOTSUPP") {
            with(NfqueueSteps()) {
                config(5) { be32(MAXLEN, 1) } shouldBe Errno.ENODEV.number()
                config(5) shouldBe Errno.ENODEV.number()
                config(5, NFQNL_CFG_CMD_UNBIND) shouldBe Errno.ENODEV.number()
                config(5, 7) shouldBe Errno.EOPNOTSUPP.number()
                config(5, 0) shouldBe Errno.EOPNOTSUPP.number()
            }
        }

        test("flags require a mask without unknown bits, before the owner is checked") {
            val one = NfqueueSteps()
            one.bind(5)
            with(NfqueueSteps(one.transport)) {
                for (queue in listOf(5, 9)) {
                    config(queue) { be32(NFQA_CFG_FLAGS, 1) } shouldBe Errno.EINVAL.number()
                    config(queue) { flags(32, 0) } shouldBe Errno.EOPNOTSUPP.number()
                    config(queue) { flags(1 shl 31, 0) } shouldBe Errno.EOPNOTSUPP.number()
                }
            }
            with(one) {
                config(5) { flags(0, 32) } shouldBe 0
                config(5) { flags(0, -1) } shouldBe 0
                config(5) { be32(NFQA_CFG_MASK, 1) } shouldBe 0
            }
        }

        test("a message that is refused for its flags binds nothing") {
            with(NfqueueSteps()) {
                bind(5, flags = 32) shouldBe Errno.EOPNOTSUPP.number()
                model.queues() shouldBe emptyList()
            }
        }

        test("the flag CONNTRACK needs a kernel with the glue, but only if the mask includes it") {
            with(NfqueueSteps()) {
                bind(5, flags = NFQA_CFG_F_CONNTRACK) shouldBe Errno.EOPNOTSUPP.number()
                bind(5) shouldBe 0
                config(5) { flags(NFQA_CFG_F_CONNTRACK, 1) } shouldBe 0
                transport.kernel().conntrackGlue(true)
                config(5) { flags(NFQA_CFG_F_CONNTRACK) } shouldBe 0
            }
        }

        test("copy modes: a range of 0 or too much is the longest, META has none, and an unknown mode is ignored") {
            with(NfqueueSteps()) {
                bind(5)

                fun range(
                    range: Int,
                    mode: Int,
                ): List<Long> {
                    config(5) { params(range, mode) } shouldBe 0
                    return listOf(state(5).copyMode().toLong(), state(5).copyRange())
                }
                range(10, 2) shouldBe listOf(2L, 10L)
                range(10, 9) shouldBe listOf(2L, 10L)
                range(65531, 2) shouldBe listOf(2L, 65531L)
                range(65532, 2) shouldBe listOf(2L, 65531L)
                range(10, 1) shouldBe listOf(1L, 0L)
                range(10, 0) shouldBe listOf(0L, 0L)
            }
        }

        test("attributes that are too short are ERANGE before any other error, longer ones are accepted") {
            with(NfqueueSteps()) {
                config(5) { bytes(NFQA_CFG_CMD, 1, 0, 0) } shouldBe Errno.ERANGE.number()
                bind(5) shouldBe 0
                config(5) { bytes(NFQA_CFG_PARAMS, 0, 0, 0, 1) } shouldBe Errno.ERANGE.number()
                config(5) { be16(MAXLEN, 1) } shouldBe Errno.ERANGE.number()
                config(5) { be32(NFQA_CFG_MASK, 1).be16(NFQA_CFG_FLAGS, 1) } shouldBe Errno.ERANGE.number()
                config(5) { bytes(NFQA_CFG_PARAMS, 0, 0, 0, 77, 2, 0, 0, 0) } shouldBe 0
                state(5).copyRange() shouldBe 77
                config(5) { bytes(40, 0) } shouldBe 0
            }
        }

        test("commands of a family are acknowledged, and the rest is ignored") {
            val one = NfqueueSteps()
            one.bind(5)
            with(NfqueueSteps(one.transport)) {
                config(5, NFQNL_CFG_CMD_PF_BIND) { be32(NFQA_CFG_FLAGS, 1) } shouldBe 0
                config(5, NFQNL_CFG_CMD_PF_UNBIND) shouldBe 0
                one.state(5).portId() shouldBe one.socket.portId()
            }
        }

        test("a message that asks for an acknowledgement but is not a request is acknowledged without effect") {
            with(NfqueueSteps()) {
                socket.send(
                    MessageWriter(64, ByteOrder.nativeOrder())
                        .begin(NFQNL_MSG_CONFIG, Netlink.NLM_F_ACK, 9)
                        .nfgenmsg(0, 5)
                        .bytes(NFQA_CFG_CMD, 1, 0, 0, 2)
                        .end()
                        .datagram(),
                )
                errors() shouldBe listOf(9L to 0)
                model.queues() shouldBe emptyList()
            }
        }
    })
