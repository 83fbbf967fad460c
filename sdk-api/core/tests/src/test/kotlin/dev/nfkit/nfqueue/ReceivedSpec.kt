// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

/** A batch with packets of queue 0, one in each datagram. */
internal fun batchOf(vararg ids: Int): DatagramBatch {
    val batch = DatagramBatch(16, 256)
    ids.forEachIndexed { slot, id ->
        val writer = MessageWriter(128, ByteOrder.LITTLE_ENDIAN)
        writer.begin(NfqueueConfig.NFQNL_MSG_PACKET, 0, 0).nfgenmsg(2, 0)
        writer.bytes(1, (id ushr 24).toByte(), (id ushr 16).toByte(), (id ushr 8).toByte(), id.toByte(), 8, 0, 3).end()
        batch.buffer().put(slot * batch.slotSize(), writer.datagram(), 0, writer.length())
        batch.add(slot, writer.length())
    }
    return batch
}

/** The watchdog decides the first undecided packet. Returns its id. */
private fun Received.expireFirst(): Int = firstUndecided().also { expire(it) }.let { id(it) }

class ReceivedSpec :
    FunSpec({
        var now = 0L

        fun received() = Received(ByteOrder.LITTLE_ENDIAN) { now }

        test("the time of a packet that was set aside starts with its turn, not with an older batch") {
            now = 1_000
            val received = received()
            received.take(batchOf(1))
            received.begin(0, 1) shouldBe true
            received.end()
            now = 90_000
            received.begin(0, 2) shouldBe true
            received.takenAt() shouldBe 90_000
            received.firstUndecided() shouldBe 1
            received.end()
            received.firstUndecided() shouldBe -1
        }

        test("a turn that is ended twice does not skip the packet after it") {
            val received = received()
            received.take(batchOf(1, 2, 3))
            received.begin(0, 1) shouldBe true
            received.end()
            received.end()
            received.expireFirst() shouldBe 2
            received.begin(0, 2) shouldBe false
            received.begin(0, 3) shouldBe true
            received.expired() shouldBe false
        }

        test("a packet that no decider will get has no deadline, and one whose deadline passed is distinguished") {
            val received = received()
            received.take(batchOf(1, 2, 3))
            received.expireFirst() shouldBe 1
            received.leave(0, 1) shouldBe false
            received.leave(0, 2) shouldBe true
            received.leave(0, 77) shouldBe true
            received.expireFirst() shouldBe 3
            received.firstUndecided() shouldBe -1
        }

        test("a held packet is not touched, and one whose time had passed cannot be held") {
            val received = received()
            received.take(batchOf(1, 2))
            received.begin(0, 1) shouldBe true
            received.held()
            received.end()
            received.begin(0, 2) shouldBe true
            received.expireFirst() shouldBe 2
            received.expired() shouldBe true
        }

        test("a packet that was not noted comes before all that wait, which keep their order, state and time") {
            now = 100
            val received = received()
            received.take(batchOf(1, 2, 3, 4))
            received.begin(0, 1) shouldBe true
            received.end()
            received.expireFirst() shouldBe 2
            now = 200
            received.begin(5, 77) shouldBe true
            received.takenAt() shouldBe 200
            val first = received.firstUndecided()
            listOf(received.queue(first), received.id(first)) shouldBe listOf(5, 77)
            received.takenAt(first) shouldBe 200
            received.end()
            val next = received.firstUndecided()
            listOf(received.queue(next), received.id(next)) shouldBe listOf(0, 3)
            received.takenAt(next) shouldBe 100
            received.begin(0, 2) shouldBe false
            received.begin(0, 3) shouldBe true
            received.begin(0, 4) shouldBe true
            received.takenAt() shouldBe 100
            received.end()
            received.firstUndecided() shouldBe -1
        }

        test("a batch comes after the packets that wait, which keep their state and time") {
            now = 100
            val received = received()
            received.take(batchOf(1, 2, 3))
            received.begin(0, 1) shouldBe true
            received.end()
            received.expireFirst() shouldBe 2
            now = 500
            received.take(batchOf(4))
            val first = received.firstUndecided()
            received.id(first) shouldBe 3
            received.takenAt(first) shouldBe 100
            received.begin(0, 2) shouldBe false
            received.begin(0, 3) shouldBe true
            received.takenAt() shouldBe 100
            received.begin(0, 4) shouldBe true
            received.takenAt() shouldBe 500
            received.end()
            received.firstUndecided() shouldBe -1
        }

        test("any number of packets may wait") {
            val received = received()
            val ids = 1..200
            ids.chunked(16).forEach {
                now = 1000L * it.first()
                received.take(batchOf(*it.toIntArray()))
            }
            received.expireFirst() shouldBe 1
            ids.forEach {
                received.begin(0, it) shouldBe (it != 1)
                if (it != 1) received.takenAt() shouldBe 1000L * ((it - 1) / 16 * 16 + 1)
            }
            received.end()
            received.firstUndecided() shouldBe -1
        }

        test("a turn that was cut short is over when the next one begins") {
            val received = received()
            received.take(batchOf(1))
            received.begin(0, 1) shouldBe true
            received.begin(0, 99) shouldBe true
            received.end()
            received.firstUndecided() shouldBe -1
        }

        test("a packet of a batch that is over is not found again") {
            val received = received()
            received.take(batchOf(1, 2))
            received.expireFirst() shouldBe 1
            received.expireFirst() shouldBe 2
            received.begin(0, 1) shouldBe false
            received.begin(0, 2) shouldBe false
            received.take(batchOf(5))
            received.leave(0, 2) shouldBe true
            received.expireFirst() shouldBe 5
        }
    })
