// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

private const val LARGE = 60_000
private const val KEPT = 1 shl 20

private fun BatchWriter.written(): List<String> {
    val datagram = writer().datagram()
    val cursor = MessageCursor().wrap(datagram, 0, datagram.limit(), order())
    val messages = mutableListOf<String>()
    while (cursor.next()) {
        messages += "${cursor.type()} ${cursor.flags()} ${cursor.sequence()} ${cursor.length() - 16}"
    }
    return messages
}

private fun batch(sequence: Long = 100) = BatchWriter(ByteOrder.LITTLE_ENDIAN).also { it.clear(sequence) }

private fun BatchWriter.add(
    type: Int,
    size: Int = 4,
) = message(type, Netlink.NLM_F_CREATE) { it.raw(*ByteArray(size)) }

class BatchWriterSpec :
    FunSpec({
        val flags = Netlink.NLM_F_CREATE or Netlink.NLM_F_REQUEST

        test("the messages are requests with a sequence number each, and the last one may ask for an acknowledgement") {
            val batch = batch()
            batch.add(1)
            batch.add(2, 8)
            batch.written() shouldContainExactly listOf("1 $flags 100 4", "2 $flags 101 8")
            batch.acknowledge()
            batch.written() shouldContainExactly
                listOf("1 $flags 100 4", "2 ${flags or Netlink.NLM_F_ACK} 101 8")
            batch.lastSequence() shouldBe 101
        }

        test("a message is found by its sequence number, and one of another batch is not") {
            val batch = batch()
            batch.add(1)
            batch.add(2, 8)
            batch.add(3)
            listOf(99L, 100L, 102L, 103L).map { batch.message(it) } shouldContainExactly listOf(-1, 0, 2, -1)
            listOf(0, 1, 2).map { batch.start(it) } shouldContainExactly listOf(0, 20, 44)
        }

        test("each message belongs to the change that it was written for, however many there are") {
            val batch = batch()
            batch.add(1)
            repeat(300) {
                batch.change(it)
                batch.add(2)
            }
            batch.messages() shouldBe 301
            batch.changeOf(0) shouldBe -1
            List(300) { batch.changeOf(it + 1) } shouldContainExactly List(300) { it }
            List(301) { batch.start(it) } shouldContainExactly List(301) { 20 * it }
            batch.clear(7)
            batch.add(1)
            batch.changeOf(0) shouldBe -1
            batch.written() shouldContainExactly listOf("1 $flags 7 4")
        }

        test("a message that does not fit is written again after the memory has grown, and those before it stay") {
            val batch = batch()
            var attempts = 0
            batch.add(1, 1000)
            batch.message(2, 0) {
                attempts++
                it.raw(*ByteArray(LARGE))
            }
            batch.add(3)
            batch.written() shouldContainExactly
                listOf("1 $flags 100 1000", "2 ${Netlink.NLM_F_REQUEST} 101 $LARGE", "3 $flags 102 4")
            attempts shouldBe 3 // in 16, 32 and 64 KiB
        }

        test("memory of 1 MiB is kept for the next batch, and more is not") {
            val batch = batch()
            batch.add(1, KEPT / 2)
            batch.writer().capacity() shouldBe KEPT
            batch.clear(1)
            batch.writer().capacity() shouldBe KEPT
            batch.add(1, KEPT)
            batch.writer().capacity() shouldBe 2 * KEPT
            batch.clear(2)
            batch.writer().capacity() shouldBe 16 * 1024
        }

        test("ids are given to one taker each, and begin anew with each batch") {
            val batch = batch()
            listOf(3, 1, 1).map { batch.takeIds(it) } shouldContainExactly
                listOf(0x1000_0000L, 0x1000_0003L, 0x1000_0004L)
            batch.clear(2)
            batch.takeIds(1) shouldBe 0x1000_0000L
        }
    })
