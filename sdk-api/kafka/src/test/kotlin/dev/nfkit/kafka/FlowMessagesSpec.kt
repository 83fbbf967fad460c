// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka

import com.google.protobuf.CodedInputStream
import com.google.protobuf.WireFormat
import dev.nfkit.MalformedMessageException
import dev.nfkit.flows.FlowLoss
import dev.nfkit.flows.FlowTime
import dev.nfkit.kafka.schema.FlowMessage
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll

class FlowMessagesSpec :
    FunSpec({
        test("every record is the same after it was written and read") {
            checkAll(500, Arb.record()) { record ->
                FlowMessages.readFlow(FlowMessages.toMessage(record).toByteArray()) shouldBe record
            }
        }

        test("every loss is the same after it was written and read") {
            checkAll(100, Arb.enum<FlowLoss.Place>(), Arb.long(0..Long.MAX_VALUE)) { place, number ->
                val time = FlowTime.atReceipt(number)
                val loss = FlowLoss("fw1", place, time, FlowTime.byKernel(number), number, number / 2, number / 3, 5)
                FlowMessages.toLoss(FlowMessages.toMessage(loss)) shouldBe loss
            }
        }

        test("the fields of goflow2 have its numbers and wire types") {
            val numbers = mutableMapOf<Int, Int>()
            val input = CodedInputStream.newInstance(FlowMessages.toMessage(record(1)).toByteArray())
            while (true) {
                val tag = input.readTag()
                if (tag == 0) break
                numbers[WireFormat.getTagFieldNumber(tag)] = WireFormat.getTagWireType(tag)
                input.skipField(tag)
            }
            val varint = WireFormat.WIRETYPE_VARINT
            val bytes = WireFormat.WIRETYPE_LENGTH_DELIMITED
            numbers.filterKeys { it < 1000 } shouldBe
                mapOf(
                    6 to bytes,
                    7 to bytes,
                    9 to varint,
                    10 to varint,
                    20 to varint,
                    21 to varint,
                    22 to varint,
                    30 to varint,
                    110 to varint,
                    111 to varint,
                    112 to varint,
                )
        }

        test("a field out of its range is malformed, and named") {
            val message = FlowMessages.toMessage(record(1)).toBuilder()

            fun problem(change: FlowMessage.Builder.() -> Unit): String =
                shouldThrow<MalformedMessageException> {
                    FlowMessages.toRecord(message.clone().apply(change).build())
                }.message.orEmpty()
            problem { zone = 65_536 } shouldContain "zone is from 0 to 65535, not 65536"
            problem { clearFlowId() } shouldContain "flow_id has 16 bytes, not 0"
            problem { clearSrcAddr() } shouldContain "src_addr has 4 or 16 bytes, not 0"
            problem { packets = 11 } shouldContain "deltaPackets is from 0 to packets (10), not 11"
            problem { reasonValue = 99 } shouldContain "reason"
            problem { dstPort = 70_000 } shouldContain "70000"
        }

        test("a doubt or a reason of a later version does not make a record unreadable") {
            val message =
                FlowMessages
                    .toMessage(record(1))
                    .toBuilder()
                    .addDoubtsValue(99)
                    .apply { unknownProcessBuilder.reason = "eaten-by-a-later-version" }
                    .build()
            FlowMessages.toRecord(message).doubts() shouldBe emptySet()
        }

        test("any bytes are a record or malformed") {
            checkAll(500, Arb.byteArray(Arb.int(0..200), Arb.byte())) { bytes -> readOrMalformed(bytes) }
            checkAll(500, Arb.record(), Arb.int(), Arb.byte()) { record, at, value ->
                val bytes = FlowMessages.toMessage(record).toByteArray()
                bytes[Math.floorMod(at, bytes.size)] = value
                readOrMalformed(bytes)
                readOrMalformed(bytes.copyOf(Math.floorMod(at, bytes.size)))
            }
        }
    })

private fun readOrMalformed(bytes: ByteArray) {
    try {
        FlowMessages.readFlow(bytes)
    } catch (_: MalformedMessageException) {
        // as it should be
    }
}
