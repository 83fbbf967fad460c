// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_CONNTRACK
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_FAIL_OPEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_GSO
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_SECCTX
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_UID_GID
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_BIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_UNBIND
import dev.nfkit.nfqueue.NfqueueConfig.NF_ACCEPT
import dev.nfkit.nfqueue.NfqueueConfig.NF_DROP
import dev.nfkit.socket.SocketOption
import dev.nfkit.testkit.DecidedPacket.Departure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import kotlin.concurrent.thread

/** How packets enter a queue and leave it without a verdict. */
class FakeNfqueueSpec :
    FunSpec({
        test("ids count from 1 in each queue") {
            with(NfqueueSteps()) {
                bind(1)
                bind(2)
                enqueue(1, 2) shouldBe true
                enqueue(2)
                enqueue(1)
                packets().map { it.queue() to it.id() } shouldContainExactly listOf(1 to 1L, 1 to 2L, 2 to 1L, 1 to 3L)
                state(1).lastId() shouldBe 3
                state(1).waiting() shouldBe 3
            }
        }

        test("copy mode NONE drops packets, with fail-open and bypass too, and waiting packets keep waiting") {
            with(NfqueueSteps()) {
                bind(1, flags = NFQA_CFG_F_FAIL_OPEN)
                enqueue(1)
                config(1) { params(0, 0) }
                enqueue(1, packet = SampleNfqueue.of(byteArrayOf(1)).ruleBypass()) shouldBe false
                ids() shouldBe listOf(1L)
                state(1).waiting() shouldBe 1
                state(1).queueDropped() + state(1).userDropped() shouldBe 0
                left() shouldBe listOf(listOf(1, 0L, Departure.COPY_MODE_NONE, NF_DROP))
                verdict(1, 1) shouldBe 0
            }
        }

        test("a follower of a queue gets each packet at once, as it left, and may queue it again") {
            with(NfqueueSteps()) {
                bind(1)
                bind(2)
                val seen = mutableListOf<String>()
                model.onDecided { left ->
                    seen += "${left.queue()}/${left.id()} ${left.departure()} mark ${left.mark()}"
                    if (left.passed() && left.queue() == 1) model.enqueue(2, left.packet().priority(5))
                }
                enqueue(1, 2)
                verdict(1, 1) { be32(NfqueueAttribute.MARK.code(), 7) } shouldBe 0
                seen shouldContainExactly listOf("1/1 VERDICT mark 7")
                val requeued = packets().last()
                requeued.queue() shouldBe 2
                requeued.mark() shouldBe 7
                requeued.priority() shouldBe 5
                socket.close()
                seen.drop(1) shouldContainExactly listOf("1/2 SOCKET_CLOSED mark 0", "2/1 SOCKET_CLOSED mark 7")
            }
        }

        test("a full queue drops and counts, and assigns no id") {
            with(NfqueueSteps()) {
                bind(1, maxLength = 2)
                enqueue(1, 4)
                ids() shouldBe listOf(1L, 2L)
                state(1).queueDropped() shouldBe 2
                left() shouldBe List(2) { listOf(1, 0L, Departure.QUEUE_FULL, NF_DROP) }
                verdict(1, 1)
                enqueue(1)
                ids() shouldBe listOf(3L)
            }
        }

        test("a full queue that fails open accepts packets, and counts nothing") {
            with(NfqueueSteps()) {
                bind(1, maxLength = 1, flags = NFQA_CFG_F_FAIL_OPEN)
                enqueue(1, 3)
                ids() shouldBe listOf(1L)
                state(1).queueDropped() shouldBe 0
                state(1).lastId() shouldBe 1
                model.decided().map { it.passed() to it.departure() } shouldBe List(2) { true to Departure.QUEUE_FULL }
            }
        }

        test("QUEUE_MAXLEN 0 makes the queue full for every packet, and waiting packets can be answered") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 2)
                config(1) { be32(NFQA_CFG_QUEUE_MAXLEN, 0) }
                enqueue(1) shouldBe false
                state(1).queueDropped() shouldBe 1
                verdict(1, 1) shouldBe 0
                verdict(1, 2, batch = true) shouldBe 0
                config(1) { be32(NFQA_CFG_QUEUE_MAXLEN, 10) }
                enqueue(1)
                ids() shouldBe listOf(1L, 2L, 3L)
            }
        }

        test("a full receive buffer drops and counts, and leaves a gap in the ids") {
            with(NfqueueSteps()) {
                bind(1)
                socket.set(SocketOption.RECEIVE_BUFFER, 4096)
                enqueue(1, 20)
                val before = ids()
                state(1).userDropped() shouldBe 20L - before.size
                state(1).waiting() shouldBe before.size.toLong()
                socket.drops() shouldBe state(1).userDropped()
                enqueue(1)
                ids() shouldBe listOf(21L)
                model.decided().map { it.departure() to it.verdict() }.distinct() shouldBe
                    listOf(Departure.SOCKET_FULL to NF_DROP)
            }
        }

        test("with fail-open a full receive buffer accepts packets, with the gap and without the count") {
            with(NfqueueSteps()) {
                bind(1, flags = NFQA_CFG_F_FAIL_OPEN)
                socket.set(SocketOption.RECEIVE_BUFFER, 4096)
                enqueue(1, 20)
                val before = ids()
                state(1).userDropped() shouldBe 0
                model.decided().count { it.passed() } shouldBe 20 - before.size
                model.decided().first().id() shouldBe before.size + 1L
            }
        }

        test("the copy range truncates the payload, and CAP_LEN has its full length") {
            with(NfqueueSteps()) {
                bind(1, range = 20)
                enqueue(1, packet = SampleNfqueue.of(SamplePackets.udp4(1, 2, 3)))
                enqueue(1, packet = SampleNfqueue.of(ByteArray(20) { 0x45 }))
                val (cut, whole) = packets()
                cut.payload().toArray() shouldBe SamplePackets.udp4(1, 2, 3).copyOf(20)
                cut.bytes(NfqueueAttribute.CAP_LEN).u32(0) shouldBe 31
                cut.truncated() shouldBe true
                whole.has(NfqueueAttribute.CAP_LEN) shouldBe false
                whole.payload().length() shouldBe 20
            }
        }

        test("copy mode META has neither payload nor CAP_LEN, and leaves the checksum open") {
            with(NfqueueSteps()) {
                bind(1, mode = META_MODE)
                enqueue(1, packet = SampleNfqueue.of(SamplePackets.udp4()).skbInfo(1))
                val packet = packets().single()
                packet.has(NfqueueAttribute.PAYLOAD) shouldBe false
                packet.has(NfqueueAttribute.CAP_LEN) shouldBe false
                packet.skbInfo() shouldBe 1
            }
        }

        test("owner, security context and connection are sent on request, the rest always") {
            with(NfqueueSteps()) {
                transport.kernel().conntrackGlue(true)
                val packet =
                    SampleNfqueue
                        .of(SamplePackets.udp4())
                        .uid(1)
                        .gid(2)
                        .securityContext(65)
                        .conntrack(byteArrayOf(8, 0, 8, 0, 0, 0, 0, 1))
                        .conntrackInfo(2)
                        .mark(7)
                        .priority(9)
                        .cgroupClassId(3)
                val asked =
                    mapOf(
                        NFQA_CFG_F_UID_GID to setOf(NfqueueAttribute.UID, NfqueueAttribute.GID),
                        NFQA_CFG_F_SECCTX to setOf(NfqueueAttribute.SECCTX),
                        NFQA_CFG_F_CONNTRACK to setOf(NfqueueAttribute.CT, NfqueueAttribute.CT_INFO),
                    )
                val always =
                    setOf(
                        NfqueueAttribute.PACKET_HDR,
                        NfqueueAttribute.MARK,
                        NfqueueAttribute.PRIORITY,
                        NfqueueAttribute.CGROUP_CLASSID,
                        NfqueueAttribute.PAYLOAD,
                    )
                bind(1)
                for (flag in listOf(0) + asked.keys) {
                    config(1) { flags(flag, -1) }
                    enqueue(1, packet = packet)
                    val got = packets().single()
                    NfqueueAttribute.entries.filter { got.has(it) }.toSet() shouldBe always + asked[flag].orEmpty()
                }
            }
        }

        test("a large packet is sent unsplit with the flag GSO, otherwise as segments with an id each") {
            val large =
                SampleNfqueue
                    .of(ByteArray(60) { 0x45 })
                    .segments(ByteArray(30) { 1 }, ByteArray(40) { 2 })
            with(NfqueueSteps()) {
                bind(1, flags = NFQA_CFG_F_GSO)
                enqueue(1, packet = large)
                packets().single().let {
                    it.payload().length() shouldBe 60
                    it.gso() shouldBe true
                    it.checksumNotReady() shouldBe true
                }
                config(1) { flags(0, NFQA_CFG_F_GSO) }
                enqueue(1, packet = large)
                val segments = packets()
                segments.map { it.id() to it.payload().length() } shouldBe listOf(2L to 30, 3L to 40)
                segments.map { it.skbInfo() } shouldBe listOf(0L, 0L)
            }
        }

        test("a checksum is computed before a packet is copied, unless with the flag GSO") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, packet = SampleNfqueue.of(byteArrayOf(1)).skbInfo(5))
                config(1) { flags(NFQA_CFG_F_GSO) }
                enqueue(1, packet = SampleNfqueue.of(byteArrayOf(1)).skbInfo(5))
                packets().map { it.skbInfo() } shouldBe listOf(4L, 5L)
            }
        }

        test("segments after one that is dropped are lost and not counted, with fail-open they are accepted") {
            val large = SampleNfqueue.of(byteArrayOf(1)).segments(*Array(5) { byteArrayOf(it.toByte()) })
            with(NfqueueSteps()) {
                bind(1, maxLength = 2)
                enqueue(1, packet = large) shouldBe true
                ids() shouldBe listOf(1L, 2L)
                state(1).queueDropped() shouldBe 1
                model.decided().map { it.departure() } shouldBe
                    listOf(Departure.QUEUE_FULL, Departure.SEGMENT_LOST, Departure.SEGMENT_LOST)
            }
            with(NfqueueSteps()) {
                bind(1, maxLength = 2, flags = NFQA_CFG_F_FAIL_OPEN)
                enqueue(1, packet = large)
                model.decided().map { it.departure() to it.passed() } shouldBe List(3) { Departure.QUEUE_FULL to true }
            }
        }

        test("a queue without an owner drops, unless the rule has bypass; one of another owner keeps the packet") {
            with(NfqueueSteps()) {
                transport.kernel().ownQueue(3, 99)
                enqueue(1) shouldBe false
                enqueue(1, packet = SampleNfqueue.of(byteArrayOf(1)).ruleBypass()) shouldBe false
                enqueue(3) shouldBe false
                model.decided().map { Triple(it.departure(), it.passed(), it.dropped()) } shouldBe
                    listOf(
                        Triple(Departure.NO_QUEUE, false, true),
                        Triple(Departure.NO_QUEUE, true, false),
                        Triple(Departure.OTHER_OWNER, false, false),
                    )
            }
        }

        test("UNBIND and close drop the waiting packets, and free the queue") {
            with(NfqueueSteps()) {
                bind(1)
                bind(2)
                enqueue(1, 2)
                enqueue(2)
                config(1, NFQNL_CFG_CMD_UNBIND) shouldBe 0
                left() shouldBe (1L..2L).map { listOf(1, it, Departure.UNBOUND, NF_DROP) }
                bind(1) shouldBe 0
                enqueue(1)
                ids().last() shouldBe 1
                socket.close()
                left().drop(2) shouldBe listOf(1, 2).map { listOf(it, 1L, Departure.SOCKET_CLOSED, NF_DROP) }
                model.queues() shouldBe emptyList()
                NfqueueSteps(transport).config(1, NFQNL_CFG_CMD_BIND) shouldBe 0
            }
        }

        test("a device that is disabled drops the packets that arrived on it or leave by it, of all queues") {
            with(NfqueueSteps()) {
                bind(1)
                bind(2)
                for (packet in listOf(
                    SampleNfqueue.of(byteArrayOf(1)).inDevice(4),
                    SampleNfqueue.of(byteArrayOf(1)).inDevice(5),
                    SampleNfqueue.of(byteArrayOf(1)).outDevice(4),
                    SampleNfqueue.of(byteArrayOf(1)).physicalInDevice(4),
                )) {
                    model.enqueue(1, packet)
                }
                model.enqueue(2, SampleNfqueue.of(byteArrayOf(1)).physicalOutDevice(4))
                model.deviceDown(4)
                left().map { it.take(3) } shouldBe
                    listOf(
                        1 to 1L,
                        1 to 3L,
                        1 to 4L,
                        2 to 1L,
                    ).map { listOf(it.first, it.second, Departure.DEVICE_DOWN) }
                verdict(1, 1) shouldBe 2
                verdict(1, 2) shouldBe 0
            }
        }

        test("a hook that is removed flushes all queues") {
            with(NfqueueSteps()) {
                bind(1)
                bind(2)
                enqueue(1)
                enqueue(2)
                model.hookRemoved()
                model.decided().map { it.departure() }.distinct() shouldBe listOf(Departure.HOOK_REMOVED)
                model.queues().sumOf { it.waiting() } shouldBe 0
                verdict(1, 1, batch = true) shouldBe 2
            }
        }

        test("a sample may be used again, and is not changed by its verdict") {
            with(NfqueueSteps()) {
                bind(1)
                val sample = SampleNfqueue.of(byteArrayOf(1, 2)).mark(3)
                enqueue(1, packet = sample)
                sample.mark(4)
                enqueue(1, packet = sample)
                verdict(1, 1) { be32(3, 77) }
                verdict(1, 2)
                model.decided().map { it.mark() } shouldBe listOf(77L, 4L)
                packets().map { it.mark() } shouldBe listOf(3L, 4L)
            }
        }

        test("awaitDecided waits for verdicts of other threads, within the clock's patience") {
            with(NfqueueSteps(FakeNetfilter(TestClock.manual()))) {
                bind(1)
                enqueue(1)
                val other =
                    thread {
                        begin()
                        add(1, 1)
                        send()
                    }
                model.awaitDecided(1).single().verdict() shouldBe NF_ACCEPT
                other.join()
                transport.clock().patience(Duration.ofMillis(1))
                shouldThrow<AssertionError> { model.awaitDecided(2) }.message shouldContain "of 2 packets"
            }
        }
    })
