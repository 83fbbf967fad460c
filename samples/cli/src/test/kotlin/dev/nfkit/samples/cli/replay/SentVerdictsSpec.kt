// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay

import dev.nfkit.Errno
import dev.nfkit.nfqueue.NfqueueConfig
import dev.nfkit.samples.cli.BOUND_SECONDS
import dev.nfkit.wire.MessageCursor
import dev.nfkit.wire.MessageWriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

private fun verdict(
    sequence: Long,
    id: Int,
    queue: Int = 0,
    batch: Boolean = false,
): TracedVerdict {
    val type = if (batch) NfqueueConfig.NFQNL_MSG_VERDICT_BATCH else NfqueueConfig.NFQNL_MSG_VERDICT
    val header = ByteBuffer.allocate(8).putInt(NfqueueConfig.NF_ACCEPT).putInt(id)
    val writer = MessageWriter(64, ByteOrder.LITTLE_ENDIAN)
    writer
        .begin(type, 0, sequence)
        .nfgenmsg(0, queue)
        .bytes(2, *header.array())
        .end()
    val cursor = MessageCursor().wrap(writer.datagram(), 0, writer.length(), ByteOrder.LITTLE_ENDIAN)
    check(cursor.next())
    return TracedVerdict.read(cursor)
}

class SentVerdictsSpec :
    FunSpec({
        test("a refusal applies to the last matching verdict that was not refused before") {
            val random = Random(13)
            repeat(300) {
                val sent = SentVerdicts()
                val all = mutableListOf<TracedVerdict>()

                fun any() = verdict(random.nextLong(3), random.nextInt(3), random.nextInt(2), random.nextBoolean())
                repeat(random.nextInt(60)) {
                    if (random.nextBoolean()) {
                        any().let {
                            sent.add(it)
                            all += it
                        }
                    } else {
                        val sequence = random.nextLong(3)
                        val quoted = any().takeIf { random.nextBoolean() }
                        val expected =
                            all.lastOrNull {
                                val fits =
                                    quoted == null ||
                                        (
                                            quoted.queue() == it.queue() && quoted.id() == it.id() &&
                                                quoted.batch() == it.batch()
                                        )
                                it.sequence() == sequence && fits && !it.refused()
                            }
                        val found = sent.refused(sequence, quoted)
                        if (expected == null) found.shouldBeNull() else found shouldBeSameInstanceAs expected
                        found?.refused(Errno.ENOENT)
                    }
                }
            }
        }

        test("many refusals among many verdicts take time linear in their number")
            .config(timeout = BOUND_SECONDS.seconds) {
                val sent = SentVerdicts()
                val count = 200_000
                repeat(count) { sent.add(verdict(7, it)) }
                val other = verdict(7, -1)
                repeat(count) {
                    sent.refused(8, null).shouldBeNull() // the verdict was never sent
                    sent.refused(7, other).shouldBeNull() // quotes another verdict
                }
            }
    })
