// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.Bytes
import dev.nfkit.BytesView
import dev.nfkit.nfqueue.Verdict
import java.nio.ByteBuffer

/** The number of bytes; −1 after borrowed bytes were released. */
public val Bytes.size: Int get() = length()

/**
 * One byte, as `bytes[0]`.
 *
 * @throws IndexOutOfBoundsException if the index is out of 0 to [size] − 1
 * @throws IllegalStateException if the bytes were borrowed and are released
 */
public operator fun Bytes.get(index: Int): UByte = u8(index).toUByte()

/**
 * A new array with a copy of the bytes.
 *
 * @throws IllegalStateException if the bytes were borrowed and are released
 */
public fun Bytes.toByteArray(): ByteArray = toArray()

/**
 * The bytes as text in UTF-8; malformed parts become U+FFFD.
 *
 * @throws IllegalStateException if the bytes were borrowed and are released
 */
public fun Bytes.decodeToString(): String = toArray().decodeToString()

/** This array as bytes that can be read only, without a copy: later changes of the array show. */
public fun ByteArray.asBytes(): Bytes = BytesView().wrap(ByteBuffer.wrap(this), 0, size)

/** This verdict, with the packet's new mark. See [Verdict.mark]. */
public fun Verdict.mark(mark: UInt): Verdict = mark(mark.toLong())

/** This verdict, with another payload, from the network header on. See [Verdict.payload]. */
public fun Verdict.payload(packet: ByteArray): Verdict = payload(packet.asBytes())
