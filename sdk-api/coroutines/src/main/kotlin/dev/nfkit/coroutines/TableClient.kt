// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext

/**
 * The core's client of the table, for coroutines, which must not block. It executes one request at a time anyway, so
 * one thread is enough. A view of Dispatchers.IO provides it in addition to the dispatcher's own threads.
 */
internal class TableClient(
    transport: NetlinkTransport,
) {
    private val transport = WatchedTransport(transport)
    private val calls = CoroutineScope(SupervisorJob() + Dispatchers.IO.limitedParallelism(1, "nfkit-conntrack"))

    // Used by the only thread.
    private lateinit var table: Conntrack

    suspend fun open() {
        perform { table = Conntrack.open(transport) }
    }

    /** Executes a request. A cancellation does not wait for the answer. */
    suspend fun <R> call(request: (Conntrack) -> R): R = perform { request(table) }

    private suspend fun <R> perform(block: () -> R): R {
        // Not withContext, which would wait for the block; and a Result, because await may throw a copy of the
        // exception.
        val call = calls.async { runCatching(block) }
        try {
            return call.await().getOrThrow()
        } finally {
            call.cancel() // a call that has not begun never begins
        }
    }

    /** Closes the sockets, which makes requests in flight fail, and returns after the thread has finished them. */
    suspend fun close() {
        try {
            transport.close()
        } finally {
            withContext(NonCancellable) {
                calls.coroutineContext.job.children
                    .forEach { it.join() }
            }
        }
    }
}
