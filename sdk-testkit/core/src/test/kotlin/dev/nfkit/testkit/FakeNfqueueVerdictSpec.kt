// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.netfilter.VlanTag
import dev.nfkit.nfqueue.NfqueueAttribute
import dev.nfkit.nfqueue.NfqueueConfig.NFQA_CFG_F_FAIL_OPEN
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_CFG_CMD_UNBIND
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT
import dev.nfkit.nfqueue.NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
import dev.nfkit.nfqueue.NfqueueConfig.NF_ACCEPT
import dev.nfkit.nfqueue.NfqueueConfig.NF_DROP
import dev.nfkit.nfqueue.NfqueueConfig.NF_QUEUE
import dev.nfkit.nfqueue.NfqueueConfig.NF_REPEAT
import dev.nfkit.nfqueue.NfqueueConfig.NF_STOLEN
import dev.nfkit.nfqueue.NfqueueConfig.NF_STOP
import dev.nfkit.nfqueue.NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS
import dev.nfkit.testkit.DecidedPacket.Departure
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private val MARK = NfqueueAttribute.MARK.code()
private val PRIORITY = NfqueueAttribute.PRIORITY.code()
private val PAYLOAD = NfqueueAttribute.PAYLOAD.code()
private val CT = NfqueueAttribute.CT.code()
private val L2HDR = NfqueueAttribute.L2HDR.code()

private fun MessageWriter.vlan(
    protocol: Int?,
    tci: Int?,
) {
    val nest = beginNest(NfqueueAttribute.VLAN.code())
    protocol?.let { be16(1, it) }
    tci?.let { be16(2, it) }
    endNest(nest)
}

/** Verdicts, as observed on Linux 6.18; those of the bridge family and of connections as in its source. */
class FakeNfqueueVerdictSpec :
    FunSpec({
        test("a verdict without NLM_F_ACK is answered only by an error") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 5)
                for ((id, verdict) in listOf(NF_DROP, NF_ACCEPT, NF_REPEAT, NF_STOP).withIndex()) {
                    verdict(1, id + 1L, verdict) shouldBe 0
                }
                errors() shouldBe emptyList()
                begin()
                val sequence = add(1, 5, acknowledged = true)
                send()
                errors() shouldBe listOf(sequence to 0)
                model.decided().map { Triple(it.id(), it.verdict(), it.passed()) } shouldContainExactly
                    listOf(
                        Triple(1L, NF_DROP, false),
                        Triple(2L, NF_ACCEPT, true),
                        Triple(3L, NF_REPEAT, true),
                        Triple(4L, NF_STOP, true),
                        Triple(5L, NF_ACCEPT, true),
                    )
            }
        }

        test("errors: ENODEV unbound, EPERM another owner, EINVAL no verdict, ENOENT no such packet, in this order") {
            val one = NfqueueSteps()
            one.bind(1)
            one.enqueue(1)
            with(NfqueueSteps(one.transport)) {
                for (batch in listOf(false, true)) {
                    verdict(9, 1, NF_STOLEN, batch) shouldBe Errno.ENODEV.number()
                    verdict(1, 1, NF_STOLEN, batch) shouldBe Errno.EPERM.number()
                }
            }
            with(one) {
                for (batch in listOf(false, true)) {
                    for (bad in listOf(NF_STOLEN, 6, 0xff, 0x106)) {
                        verdict(1, 99, bad, batch) shouldBe Errno.EINVAL.number()
                    }
                    verdict(1, 0, NF_ACCEPT, batch) shouldBe Errno.ENOENT.number()
                }
                verdict(1, 99) shouldBe Errno.ENOENT.number()
                verdict(1, 1) shouldBe 0
                verdict(1, 1) shouldBe Errno.ENOENT.number()
                verdict(1, 1, batch = true) shouldBe Errno.ENOENT.number()
            }
        }

        test("a verdict without a header is EINVAL, a short attribute ERANGE, and the packet keeps waiting") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1)
                for ((type, header, errno) in listOf(
                    Triple(NFQNL_MSG_VERDICT, null, Errno.EINVAL),
                    Triple(NFQNL_MSG_VERDICT_BATCH, null, Errno.EINVAL),
                    Triple(NFQNL_MSG_VERDICT, ByteArray(7), Errno.ERANGE),
                )) {
                    val writer = MessageWriter(64, ByteOrder.nativeOrder())
                    writer.begin(type, Netlink.NLM_F_REQUEST, 7).nfgenmsg(0, 1)
                    header?.let { writer.bytes(2, *it) }
                    socket.send(writer.end().datagram())
                    errors() shouldBe listOf(7L to errno.number())
                }
                verdict(1, 1) { be16(MARK, 1) } shouldBe Errno.ERANGE.number()
                verdict(1, 1) { be16(PRIORITY, 1) } shouldBe Errno.ERANGE.number()
                state(1).waiting() shouldBe 1
                verdict(1, 1) { bytes(77, 1) } shouldBe 0
            }
        }

        test("many verdicts in one datagram are executed in order, and an error stops none of them") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 6)
                begin()
                add(1, 1)
                val unknown = add(1, 999)
                add(1, 2, NF_DROP)
                val stolen = add(1, 3, NF_STOLEN, acknowledged = true)
                val acknowledged = add(1, 4, acknowledged = true)
                add(1, 6, batch = true)
                send()
                errors() shouldContainExactly
                    listOf(unknown to Errno.ENOENT.number(), stolen to Errno.EINVAL.number(), acknowledged to 0)
                model.decided().map { it.id() } shouldBe listOf(1L, 2L, 4L, 3L, 5L, 6L)
            }
        }

        test("after UNBIND in the same datagram a verdict is ENODEV") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 2)
                begin()
                    .begin(0x302, Netlink.NLM_F_REQUEST, 90)
                    .nfgenmsg(0, 1)
                    .bytes(1, NFQNL_CFG_CMD_UNBIND.toByte(), 0, 0, 2)
                    .end()
                val late = add(1, 1)
                send()
                errors() shouldBe listOf(late to Errno.ENODEV.number())
            }
        }

        test("mark and priority are set, to 0 as well, and unchanged if they are absent") {
            with(NfqueueSteps()) {
                bind(1)
                val packet = SampleNfqueue.of(byteArrayOf(1)).mark(5).priority(6)
                enqueue(1, 3, packet)
                verdict(1, 1) { be32(MARK, 0xffffffffL).be32(PRIORITY, 0x10002) }
                verdict(1, 2) { be32(MARK, 0).be32(PRIORITY, 0) }
                verdict(1, 3)
                model.decided().map { it.mark() to it.priority() } shouldBe
                    listOf(0xffffffffL to 0x10002L, 0L to 0L, 5L to 6L)
            }
        }

        test("a payload replaces the packet; one that ends before the transport header drops it, without an error") {
            with(NfqueueSteps()) {
                bind(1)
                val packet = SamplePackets.udp4(1, 2, 3, 4)
                enqueue(1, 4, SampleNfqueue.of(packet))
                val longer = packet + ByteArray(100)
                verdict(1, 1) { bytes(PAYLOAD, *longer) } shouldBe 0
                verdict(1, 2) { bytes(PAYLOAD, *packet.copyOf(20)) } shouldBe 0
                verdict(1, 3) { bytes(PAYLOAD, *packet.copyOf(19)).be32(MARK, 9) } shouldBe 0
                verdict(1, 4) { bytes(PAYLOAD) } shouldBe 0
                val decided = model.decided()
                decided.map { it.departure() } shouldBe
                    listOf(Departure.VERDICT, Departure.VERDICT, Departure.CHANGE_FAILED, Departure.CHANGE_FAILED)
                decided.map { it.payloadChanged() } shouldBe listOf(true, true, false, false)
                decided.map { it.dropped() } shouldBe listOf(false, false, true, true)
                decided[0].payload().toArray() shouldBe longer
            }
        }

        test("a batch verdict applies mark and priority only") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 2)
                verdict(1, 2, batch = true) {
                    bytes(PAYLOAD, 1)
                    be32(MARK, 3)
                    be32(PRIORITY, 4)
                } shouldBe 0
                val packet = SamplePackets.udp4(1, 2, 3)
                for (left in model.decided()) {
                    left.departure() shouldBe Departure.VERDICT_BATCH
                    left.payload().toArray() shouldBe packet
                    left.mark() shouldBe 3
                    left.priority() shouldBe 4
                }
            }
        }

        test("a batch verdict covers all packets that wait up to its id, whether that one waits or not") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 6)
                verdict(1, 2)
                verdict(1, 3)
                verdict(1, 3, batch = true) shouldBe 0
                model.decided().map { it.id() } shouldBe listOf(2L, 3L, 1L)
                verdict(1, 3, batch = true) shouldBe Errno.ENOENT.number()
                verdict(1, 6 + 0x3fffffffL, batch = true) shouldBe 0
                state(1).waiting() shouldBe 0
            }
        }

        test("ids wrap, and a batch verdict with them") {
            with(NfqueueSteps()) {
                bind(1)
                model.nextId(1, 0xfffffffeL)
                enqueue(1, 4)
                ids() shouldBe listOf(0xfffffffeL, 0xffffffffL, 0L, 1L)
                verdict(1, 0xffffffffL, batch = true) shouldBe 0
                model.decided().map { it.id() } shouldBe listOf(0xfffffffeL, 0xffffffffL)
                verdict(1, 0xffffffffL, batch = true) shouldBe Errno.ENOENT.number()
                verdict(1, 0) shouldBe 0
                verdict(1, 0x80000000L, batch = true) shouldBe 0
            }
        }

        test("an id of more than 2^31 ahead is before the others") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 13)
                verdict(1, 10, batch = true)
                verdict(1, 0x8000000cL, batch = true) shouldBe Errno.ENOENT.number()
                verdict(1, 0xffffffffL, batch = true) shouldBe Errno.ENOENT.number()
                verdict(1, 0x8000000bL, batch = true) shouldBe 0
                state(1).waiting() shouldBe 0
            }
        }

        test("QUEUE sends the packet, with its changes, to the tail of another queue, also of another socket") {
            val one = NfqueueSteps()
            val other = NfqueueSteps(one.transport)
            one.bind(1)
            other.bind(2)
            one.enqueue(1, 2)
            one.verdict(1, 2, 2 shl 16 or NF_QUEUE) { be32(MARK, 7).bytes(PAYLOAD, *SamplePackets.ping4(1)) }
            one.verdict(1, 1, 2 shl 16 or NF_QUEUE)
            val (first, second) = other.packets()
            first.id() shouldBe 1
            first.queue() shouldBe 2
            first.mark() shouldBe 7
            first.payload().toArray() shouldBe SamplePackets.ping4(1)
            second.id() shouldBe 2
            second.mark() shouldBe 0
            one.model.decided().map { it.passed() to it.dropped() } shouldBe List(2) { false to false }
            other.verdict(2, 2, batch = true)
            one.left().map { it.take(2) } shouldBe listOf(listOf(1, 2L), listOf(1, 1L), listOf(2, 1L), listOf(2, 2L))
        }

        test("QUEUE to the same queue assigns a new id, which the same batch does not cover") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, 2)
                ids()
                verdict(1, 0x7fffffff, 1 shl 16 or NF_QUEUE, batch = true) shouldBe 0
                ids() shouldBe listOf(3L, 4L)
                state(1).waiting() shouldBe 2
            }
        }

        test("QUEUE to an unbound queue drops, or accepts with bypass; a full one counts or fails open") {
            with(NfqueueSteps()) {
                bind(1)
                bind(2, maxLength = 0)
                enqueue(1, 4)
                verdict(1, 1, 9 shl 16 or NF_QUEUE)
                verdict(1, 2, 9 shl 16 or NF_QUEUE or NF_VERDICT_FLAG_QUEUE_BYPASS)
                verdict(1, 3, 2 shl 16 or NF_QUEUE)
                config(2) { flags(NFQA_CFG_F_FAIL_OPEN) }
                verdict(1, 4, 2 shl 16 or NF_QUEUE)
                state(2).queueDropped() shouldBe 1
                model.decided().filter { it.queue() != 1 }.map { it.departure() to it.passed() } shouldBe
                    listOf(
                        Departure.NO_QUEUE to false,
                        Departure.NO_QUEUE to true,
                        Departure.QUEUE_FULL to false,
                        Departure.QUEUE_FULL to true,
                    )
            }
        }

        test("a connection is changed if the kernel has the glue and the packet a connection, otherwise silently not") {
            val tracked = SampleNfqueue.of(byteArrayOf(1)).conntrack(byteArrayOf(8, 0, 8, 0, 0, 0, 0, 1))
            for ((glue, packet, changed) in listOf(
                Triple(true, tracked, true),
                Triple(false, tracked, false),
                Triple(true, SampleNfqueue.of(byteArrayOf(1)), false),
            )) {
                with(NfqueueSteps()) {
                    transport.kernel().conntrackGlue(glue)
                    bind(1)
                    enqueue(1, 2, packet)
                    verdict(1, 1) {
                        val nest = beginNest(CT)
                        be32(8, 0xbeef)
                        endNest(nest)
                        bytes(NfqueueAttribute.EXP.code(), 1, 2, 3, 4)
                    } shouldBe 0
                    verdict(1, 2) { bytes(NfqueueAttribute.EXP.code(), 1, 2, 3, 4) } shouldBe 0
                    val (with, without) = model.decided()
                    with.conntrack().isPresent shouldBe changed
                    with.expectation().map { it.toHex() }.orElse("") shouldBe (if (changed) "01020304" else "")
                    without.expectation().isPresent shouldBe false
                    with.passed() shouldBe true
                }
            }
        }

        test("VLAN tag and layer-2 header are changed in the bridge family, and unchanged elsewhere") {
            val bridged =
                SampleNfqueue
                    .of(
                        byteArrayOf(1),
                    ).family(AddressFamily.BRIDGE)
                    .layer2Header(byteArrayOf(1, 2, 3))
            with(NfqueueSteps()) {
                bind(1)
                enqueue(1, packet = bridged)
                enqueue(1, packet = SampleNfqueue.of(byteArrayOf(1)))
                for (id in 1L..2L) {
                    verdict(1, id) {
                        vlan(0x8100, 0x6005)
                        bytes(L2HDR, 4, 5, 6)
                    } shouldBe 0
                }
                val (changed, left) = model.decided()
                changed.vlan().get() shouldBe VlanTag(0x8100, 0x6005)
                changed.layer2Header().get().toHex() shouldBe "040506"
                left.vlan().isPresent shouldBe false
                left.layer2Header().isPresent shouldBe false
            }
        }

        test("a layer-2 header of another length and half a VLAN tag are EINVAL, and drop the packet") {
            with(NfqueueSteps()) {
                bind(1)
                enqueue(
                    1,
                    3,
                    SampleNfqueue.of(byteArrayOf(1)).family(AddressFamily.BRIDGE).layer2Header(byteArrayOf(1, 2, 3)),
                )
                verdict(1, 1) { bytes(L2HDR, 4, 5) } shouldBe Errno.EINVAL.number()
                verdict(1, 2) { vlan(0x8100, null) } shouldBe Errno.EINVAL.number()
                verdict(1, 3) { vlan(null, 1) } shouldBe Errno.EINVAL.number()
                model.decided().map { it.departure() to it.dropped() } shouldBe
                    List(3) { Departure.CHANGE_FAILED to true }
                verdict(1, 1) shouldBe Errno.ENOENT.number()
            }
        }
    })
