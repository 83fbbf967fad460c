// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.DumpResult
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow

/** Small, because a reader collects up to 1024 elements before it passes them on. */
private const val CAPACITY = 4

/**
 * A long answer of the table as a source for the reader: the whole answer is one poll, which ends early only if its
 * sockets are closed.
 */
internal class TableSource<T : Any>(
    private val table: Conntrack,
    private val read: (table: Conntrack, take: (T) -> Unit) -> Unit,
) : Source<T> {
    override fun poll(take: (T) -> Unit): Int {
        read(table, take)
        return -1
    }

    override fun wakeup() {
        table.close()
    }

    override fun close() {
        table.close()
    }
}

/**
 * A long answer of the table as a cold flow. Each collection has its own client: an abandoned one closes its sockets,
 * so that the rest of its answer need not be received before the next request.
 */
internal fun <T : Any> NetlinkTransport.reading(read: (table: Conntrack, take: (T) -> Unit) -> Unit): Flow<T> =
    flowOf { SessionReader("nfkit-conntrack-dump", CAPACITY, this) { TableSource(Conntrack.open(it), read) } }

/** A dump as a cold flow, whose result is passed on after its last element. */
internal fun <T : Any> NetlinkTransport.dumping(
    onResult: suspend (DumpResult) -> Unit,
    dump: (table: Conntrack, take: (T) -> Unit) -> DumpResult,
): Flow<T> =
    flow {
        lateinit var result: DumpResult
        emitAll(reading { table, take -> result = dump(table, take) })
        onResult(result)
    }
