// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import com.sun.jna.Library
import com.sun.jna.Native

private const val VERSION_3 = 0x20080522
private const val CAP_NET_ADMIN = 12
private const val WORDS = 6

/**
 * CAP_NET_ADMIN of the calling thread: removed from its effective set, and restored from its permitted one (capset(2)).
 */
internal object NetAdminCapability {
    @Suppress("FunctionNaming", "ktlint:standard:function-naming")
    private interface C : Library {
        fun capget(
            header: IntArray,
            data: IntArray,
        ): Int

        fun capset(
            header: IntArray,
            data: IntArray,
        ): Int
    }

    private val c = Native.load("c", C::class.java)

    fun without(block: () -> Unit) {
        val before = IntArray(WORDS)
        check(c.capget(intArrayOf(VERSION_3, 0), before) == 0) { "capget fails" }
        val less = before.copyOf().also { it[0] = it[0] and (1 shl CAP_NET_ADMIN).inv() } // the first word is effective
        check(c.capset(intArrayOf(VERSION_3, 0), less) == 0) { "capset fails" }
        try {
            block()
        } finally {
            check(c.capset(intArrayOf(VERSION_3, 0), before) == 0) { "capset fails" }
        }
    }
}
