// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.MalformedMessageException
import dev.nfkit.Refusal
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.Optional

private const val TEXT = 1
private const val OFFSET = 2
private const val CAPPED = Netlink.NLM_F_CAPPED or Netlink.NLM_F_ACK_TLVS
private const val WHOLE = Netlink.NLM_F_ACK_TLVS

private fun written(
    type: Int,
    flags: Int,
    order: ByteOrder = ByteOrder.LITTLE_ENDIAN,
    body: MessageWriter.() -> Unit,
): MessageCursor {
    val datagram =
        MessageWriter(256, order)
            .begin(type, flags, 1)
            .apply(body)
            .end()
            .datagram()
    val bytes = ByteBuffer.allocate(datagram.remaining()).put(datagram).flip()
    return MessageCursor().wrap(bytes, 0, bytes.limit(), order).also { it.next() }
}

private fun error(
    flags: Int,
    body: MessageWriter.() -> Unit,
): KernelRefusedException? = KernelAnswer.read(written(Netlink.NLMSG_ERROR, flags, body = body), "ask")

/** The header of a request of a length. */
private fun MessageWriter.request(length: Int) = rawHost32(length).raw(*ByteArray(12))

private fun MessageWriter.explanation() = string(TEXT, "no such thing").hostWords(OFFSET, 20)

class KernelAnswerSpec :
    FunSpec({
        test("an errno of 0 is an acknowledgement, and an answer may end after it") {
            error(CAPPED) { rawHost32(0).request(20).explanation() }.shouldBeNull()
            error(0) { rawHost32(0) }.shouldBeNull()
            error(0) { rawHost32(-1) }?.errno() shouldBe Errno.EPERM
        }

        test("an answer without a whole errno is malformed") {
            val problem = shouldThrow<MalformedMessageException> { error(0) { raw(0, 0, 0) } }
            problem.offset() shouldBe 16
            problem.message shouldContain "3 bytes"
        }

        test("a refusal has the kernel's text and offset, after the request's header or the whole request") {
            for ((flags, request) in listOf(CAPPED to 99, WHOLE to 16)) {
                val refused = error(flags) { rawHost32(-22).request(request).explanation() }.shouldNotBeNull()
                refused.errno() shouldBe Errno.EINVAL
                refused.request() shouldBe "ask"
                refused.kernelText() shouldBe Optional.of("no such thing")
                refused.offset() shouldBe 20
                refused.refusal() shouldBe Refusal.UNKNOWN
            }
            val padded = error(WHOLE) { rawHost32(-22).request(21).raw(*ByteArray(8)).explanation() }
            padded?.kernelText() shouldBe Optional.of("no such thing")
        }

        test("in a refusal without the flag no text is looked for") {
            val refused = error(Netlink.NLM_F_CAPPED) { rawHost32(-22).request(16).explanation() }
            refused?.kernelText() shouldBe Optional.empty()
            refused?.offset() shouldBe -1
        }

        test("a refusal whose text is not where the request ends has none") {
            for (length in listOf(45, 1000, -1, Int.MAX_VALUE)) {
                val refused = error(WHOLE) { rawHost32(-22).request(length).raw(*ByteArray(4)) }
                refused?.errno() shouldBe Errno.EINVAL
                refused?.kernelText() shouldBe Optional.empty()
            }
            error(WHOLE) { rawHost32(-22) }?.kernelText() shouldBe Optional.empty()
            error(CAPPED) { rawHost32(-22).raw(1, 2) }?.kernelText() shouldBe Optional.empty()
        }

        test("a text that is not well-formed makes the answer malformed") {
            shouldThrow<MalformedMessageException> { error(CAPPED) { rawHost32(-22).request(16).raw(9, 0, 1, 0) } }
                .message shouldContain "NLMSG_ERROR"
        }

        test("what a kernel does not support is named so, by either of its two errnos") {
            for (errno in listOf(Errno.EOPNOTSUPP, Errno.ENOTSUPP)) {
                error(0) { rawHost32(-errno.number()) }?.refusal() shouldBe Refusal.NOT_SUPPORTED
            }
        }

        test("the end of an answer of many parts may have an errno and its text, or nothing") {
            fun done(
                flags: Int,
                body: MessageWriter.() -> Unit,
            ) = KernelAnswer.readDone(written(Netlink.NLMSG_DONE, flags, body = body), "list")
            done(0) {}.shouldBeNull()
            done(0) { raw(-1, -1, -1) }.shouldBeNull()
            done(0) { rawHost32(0) }.shouldBeNull()
            done(0) { rawHost32(1) }.shouldBeNull()
            val refused = done(WHOLE) { rawHost32(-4).explanation() }.shouldNotBeNull()
            refused.errno() shouldBe Errno.EINTR
            refused.request() shouldBe "list"
            refused.kernelText() shouldBe Optional.of("no such thing")
            refused.offset() shouldBe 20
        }

        test("numbers are read in the byte order of the message") {
            val answer =
                written(Netlink.NLMSG_ERROR, WHOLE, ByteOrder.BIG_ENDIAN) { rawHost32(-22).request(16).explanation() }
            val refused = KernelAnswer.read(answer, "ask").shouldNotBeNull()
            refused.errno() shouldBe Errno.EINVAL
            refused.offset() shouldBe 20
        }
    })
