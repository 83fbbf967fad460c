// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.socket.NetlinkTransport

/** A transport whose clock fails on a thread during an action, as any allocation may. */
internal class FailingClock(
    private val transport: NetlinkTransport,
) : NetlinkTransport by transport {
    private var failing: Thread? = null

    override fun nanoTime(): Long {
        if (Thread.currentThread() === failing) throw DeliberateLack()
        return transport.nanoTime()
    }

    fun <R> failing(action: () -> R): R {
        failing = Thread.currentThread()
        try {
            return action()
        } finally {
            failing = null
        }
    }
}
