// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import dev.nfkit.Bytes
import java.nio.ByteBuffer

internal fun ByteArray.hex() = Bytes.of(*this).toHex()

private fun ByteArray.startsAt(
    at: Int,
    run: ByteArray,
    from: Int,
    count: Int,
): Boolean = (0 until count).all { this[at + it] == run[from + it] }

/** Each run of eight bytes, as a number. */
private fun ByteArray.runs() = LongArray(maxOf(0, size - 7)) { ByteBuffer.wrap(this).getLong(it) }

/**
 * The places of secrets at which four of their bytes still exist, in order or reversed, and each run of eight of them,
 * in either order, that is anywhere.
 */
fun leaks(
    before: ByteArray,
    after: ByteArray,
    secrets: List<ByteArray>,
): List<String> {
    val runs = after.runs().apply { sort() }
    return secrets.filter { it.size >= 4 }.flatMap { secret ->
        val places = (0..before.size - secret.size).filter { before.startsAt(it, secret, 0, secret.size) }
        val reversed = secret.reversedArray()
        listOf("" to secret, "reversed " to reversed).flatMap { (way, run) ->
            val there = places.filter { at -> (0..run.size - 4).any { after.startsAt(at + it, run, it, 4) } }
            val anywhere = run.runs().withIndex().filter { runs.binarySearch(it.value) >= 0 }
            there.map { "$way${secret.hex()} at $it" } + anywhere.map { "$way${secret.hex()} from ${it.index}" }
        }
    }
}
