// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket

import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.codec.EntryAttributes
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

class StrictViewsSpec :
    FunSpec({
        test("a batch lends nothing unless a socket requests strict views") {
            val batch = DatagramBatch(2, 64)
            batch.lend("packet").shouldBeNull()
            val reported = mutableListOf<String>()
            batch.strict { loan, use -> reported += "${loan.what()}: ${use.message}" }
            batch.strict() shouldBe true
            val loan = checkNotNull(batch.lend("packet"))
            loan.escaped("late").cause shouldBe loan.place()
            reported shouldContainExactly listOf("packet: late")
            batch.strict(false)
            batch.lend("packet").shouldBeNull()
        }

        test("an entry, its attributes and parts of them report their use after the end") {
            var escapes = 0
            val lent = EntryAttributes(Loan("entry") { _, _ -> escapes++ })
            val entry = ConntrackEntry(lent)
            // CTA_MARK, as a little-endian machine sends it
            val mark = byteArrayOf(8, 0, 8, 0, 0, 0, 0, 7)
            lent.wrap(ByteBuffer.wrap(mark), 0, mark.size, ByteOrder.LITTLE_ENDIAN)
            entry.mark() shouldBe 7
            val attributes = entry.attributes()
            val part = attributes.slice(0, 4)
            val copy = entry.copy()
            lent.release()
            shouldThrow<IllegalStateException> { entry.mark() }
            shouldThrow<IllegalStateException> { attributes.u8(0) }
            shouldThrow<IllegalStateException> { part.toArray() }
            escapes shouldBe 3
            copy.mark() shouldBe 7
            entry.toString() shouldBe "an entry whose callback has returned"
            escapes shouldBe 3
        }

        test("each datagram of a batch may have a time of its own") {
            val batch = DatagramBatch(3, 64)
            batch.add(0, 10)
            batch.receivedAt(5)
            batch.datagramReceivedAt(0) shouldBe 5
            batch.clear()
            batch.add(0, 10)
            batch.lastReceivedAt(7)
            batch.add(1, 10)
            batch.lastReceivedAt(9)
            batch.datagramReceivedAt(0) shouldBe 7
            batch.datagramReceivedAt(1) shouldBe 9
            batch.clear()
            batch.add(0, 10)
            batch.datagramReceivedAt(0) shouldBe 5
        }
    })
