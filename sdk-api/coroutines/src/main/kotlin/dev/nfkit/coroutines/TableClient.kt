package dev.nfkit.coroutines

import dev.nfkit.conntrack.Conntrack
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext

/**
 * The core's client of the table for coroutines that must not block: it answers one request at a time anyway, so that one
 * thread is enough. A view of Dispatchers.IO has that thread beyond the dispatcher's own, and takes it from nobody.
 */
internal class TableClient(
    transport: NetlinkTransport,
) {
    private val transport = WatchedTransport(transport)
    private val calls = CoroutineScope(SupervisorJob() + Dispatchers.IO.limitedParallelism(1, "nfkit-conntrack"))

    // The one thread's.
    private lateinit var table: Conntrack

    suspend fun open() {
        perform { table = Conntrack.open(transport) }
    }

    /** Has a request answered. A cancellation does not wait for the answer. */
    suspend fun <R> call(request: (Conntrack) -> R): R = perform { request(table) }

    private suspend fun <R> perform(block: () -> R): R {
        // Not withContext, which would wait for the block; and a Result, since await may throw a copy of what has failed.
        val call = calls.async { runCatching(block) }
        try {
            return call.await().getOrThrow()
        } finally {
            call.cancel() // what has not begun does not begin any more
        }
    }

    /** Closes the sockets, at which requests in flight fail, and returns when the thread has left them. */
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
