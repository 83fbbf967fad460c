// SPDX-License-Identifier: Apache-2.0
package dev.nfkit

import dev.nfkit.pcap.CaptureInterface
import dev.nfkit.pcap.PcapFormatException
import dev.nfkit.socket.SocketOwner
import dev.nfkit.trace.TraceEntry
import dev.nfkit.trace.TraceKind
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.types.shouldBeSameInstanceAs

/** Sets a title, rings, sets colours by C1, changes the direction of text, begins new lines. */
private const val HOSTILE =
    "\u001b]0;title\u0007\u007f\u009b31m\u202Ereversed\u2066\u2028\u2029\r\n\u0085\u200b\uFEFFend"

private val unsafe = Regex("""[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]""")

class PrintableTextSpec :
    FunSpec({
        test("safe text is unchanged, whatever its script") {
            for (text in listOf("", "eth0", "préfixe", "日本語", "עברית", "\uD83D\uDE00 smile")) {
                PrintableText.of(text) shouldBeSameInstanceAs text
            }
        }

        test("each unsafe character becomes one dot") {
            PrintableText.of("a\u001b[1mb") shouldBe "a.[1mb"
            PrintableText.of("\u009b\u202e\u2028\u2029\n\tx\u007f") shouldBe "......x."
            PrintableText.of("half \ud800 and \udc00 of a pair") shouldBe "half . and . of a pair"
            PrintableText.of("a tag \udb40\udc41 that is not seen") shouldBe "a tag . that is not seen"
            StringBuilder("<").also { PrintableText.append(it, "x\u0007y") }.toString() shouldBe "<x.y"
        }

        test("the unsafe characters are those that control, format, separate lines or are halves of pairs") {
            (0..0x10ffff)
                .filter { PrintableText.isUnsafe(it) != unsafe.matches(String(Character.toChars(it))) }
                .shouldBeEmpty()
        }

        test("messages of exceptions and texts of values are safe to print, and their values are unchanged") {
            val owner = SocketOwner(812, HOSTILE)
            owner.name() shouldBe HOSTILE
            val refusal =
                KernelRefusedException(HOSTILE, Errno.EPERM, HOSTILE, -1, Refusal.UNKNOWN, null)
                    .explained(Refusal.OWNED_BY_ANOTHER, HOSTILE)
            val texts =
                listOf(
                    owner.toString(),
                    refusal.message,
                    refusal.cure().get(),
                    refusal.kernelText().get(),
                    SystemCallException("open($HOSTILE)", Errno.ENOENT, HOSTILE).message,
                    MalformedMessageException(HOSTILE, 0, HOSTILE, HOSTILE).message,
                    PcapFormatException(HOSTILE, 0, HOSTILE, HOSTILE).message,
                    CaptureInterface.of(1).withName(HOSTILE).toString(),
                    TraceEntry(TraceKind.NOTE, 0, 12, Bytes.of(), false, HOSTILE).toString(),
                )
            for (text in texts) {
                text!! shouldContain "title"
                text shouldContain "end"
                unsafe.findAll(text).toList().shouldBeEmpty()
                text shouldNotContain "\u009b"
            }
        }
    })
