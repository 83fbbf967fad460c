// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize

import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

/** Bytes of a datagram, most of which are secret: every run of secret bytes is recorded. */
class Planted(
    val random: Random,
    val order: ByteOrder,
) {
    private val out = ByteArrayOutputStream()
    val secrets = mutableListOf<ByteArray>()

    fun bytes(): ByteArray = out.toByteArray()

    fun open(vararg bytes: Byte): Planted = apply { out.write(bytes) }

    fun open16(value: Int) =
        open(
            *ByteBuffer
                .allocate(2)
                .order(order)
                .putShort(value.toShort())
                .array(),
        )

    fun open32(value: Int) =
        open(
            *ByteBuffer
                .allocate(4)
                .order(order)
                .putInt(value)
                .array(),
        )

    /** Bytes that must not survive. None is 0, so that zeros are never mistaken for them. */
    fun newSecret(length: Int): ByteArray {
        val secret = random.nextBytes(length)
        for (i in secret.indices) if (secret[i] == 0.toByte()) secret[i] = 1
        return secret.also { secrets += it }
    }

    fun secret(length: Int): Planted = open(*newSecret(length))

    /** A value after its header, with secret padding. */
    fun attribute(
        type: Int,
        value: Planted.() -> Unit,
    ): Planted =
        apply {
            val inner = Planted(random, order).apply(value)
            val body = inner.bytes()
            secrets += inner.secrets
            open16(body.size + 4).open16(type).open(*body)
            secret(-body.size and 3)
        }

    fun message(
        type: Int,
        flags: Int = 0,
        body: Planted.() -> Unit,
    ): Planted =
        apply {
            val inner = Planted(random, order).apply(body)
            val bytes = inner.bytes()
            secrets += inner.secrets
            open32(bytes.size + 16)
                .open16(type)
                .open16(flags)
                .open32(5)
                .open32(4711)
                .open(*bytes)
            secret(-bytes.size and 3)
        }
}
