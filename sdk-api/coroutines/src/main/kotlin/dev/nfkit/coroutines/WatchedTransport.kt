// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.socket.NetlinkSocket
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.CancellationException

/**
 * A transport that tracks its sockets: while a session is being opened, nothing else can close it, and it waits for the
 * kernel's answer until its socket is closed.
 */
internal class WatchedTransport(
    private val transport: NetlinkTransport,
) : NetlinkTransport by transport,
    AutoCloseable {
    private val sockets = mutableListOf<NetlinkSocket>()
    private var closed = false

    override fun open(protocol: Int): NetlinkSocket {
        if (synchronized(sockets) { closed }) {
            throw CancellationException("closed before it was opened")
        }
        val opened = transport.open(protocol)
        try {
            val late = synchronized(sockets) { closed.also { sockets += opened } }
            if (late) {
                opened.close()
            }
            return opened
        } catch (e: Throwable) {
            opened.close() // no memory to remember it
            throw e
        }
    }

    /** Closes all sockets, including those that are still being opened. Any thread. */
    override fun close() {
        val open =
            synchronized(sockets) {
                closed = true
                sockets.toList()
            }
        var failure: Throwable? = null
        for (socket in open) {
            try {
                socket.close()
            } catch (e: Throwable) {
                // the others must be closed nevertheless
                failure = failure?.joined(e) ?: e
            }
        }
        failure?.let { throw it }
    }
}
