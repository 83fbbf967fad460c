// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire

import dev.nfkit.MalformedMessageException
import dev.nfkit.decode.AttributeTable
import dev.nfkit.nflog.NflogAttribute
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** An attribute MARK that can be read, and these bytes after it. */
private fun problem(vararg next: Int): MalformedMessageException {
    val bytes = byteArrayOf(8, 0, 2, 0, 0, 0, 0, 7) + next.map { it.toByte() }
    return shouldThrow {
        AttributeTable(NflogAttribute.SCHEMA).wrap(ByteBuffer.wrap(bytes), 0, bytes.size, ByteOrder.LITTLE_ENDIAN)
    }
}

private fun MalformedMessageException.text() = "${path()} at ${offset()}: ${expected()}, not ${actual()}"

class MalformedAttributesSpec :
    FunSpec({
        test("the error of a message that ends within a header has the remaining length") {
            problem(4, 0).text() shouldBe "NFULNL_MSG_PACKET at 8: an attribute's header of 4 bytes, not 2 bytes"
        }

        test("the error of a length outside of the message has the range that fits") {
            problem(13, 0, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8).text() shouldBe
                "NFULNL_MSG_PACKET/NFULA_IFINDEX_OUTDEV at 8: nla_len from 4 to 12, not 13"
            problem(3, 0, 5, 0).text() shouldBe
                "NFULNL_MSG_PACKET/NFULA_IFINDEX_OUTDEV at 8: nla_len from 4 to 4, not 3"
        }

        test("the error of a value that is too short has the required length") {
            problem(6, 0, 5, 0, 1, 2).text() shouldBe
                "NFULNL_MSG_PACKET/NFULA_IFINDEX_OUTDEV at 8: at least 4 bytes, not 2 bytes"
        }

        test("the error of a text without its NUL names the NUL") {
            problem(6, 0, 10, 0, 65, 66).text() shouldBe
                "NFULNL_MSG_PACKET/NFULA_PREFIX at 8: text ended by NUL, not text without one"
        }
    })
