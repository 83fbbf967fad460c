package dev.nfkit.coroutines

import dev.nfkit.conntrack.Conntrack
import dev.nfkit.conntrack.DumpResult
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow

/** Few: a reader gathers up to 1024 elements before it hands them over. */
private const val CAPACITY = 4

/** A long answer of the table as the reader sees it: all of it is one poll, and ends early only with its sockets. */
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
 * A long answer of the table as a cold flow. Each collection has a client of its own: one that is given up closes its
 * sockets, rather than that it would have to take in the rest of its answer before the next may ask.
 */
internal fun <T : Any> NetlinkTransport.reading(read: (table: Conntrack, take: (T) -> Unit) -> Unit): Flow<T> =
    flowOf { SessionReader("nfkit-conntrack-dump", CAPACITY, this) { TableSource(Conntrack.open(it), read) } }

/** A dump as a cold flow, whose result is told behind its last element. */
internal fun <T : Any> NetlinkTransport.dumping(
    onResult: suspend (DumpResult) -> Unit,
    dump: (table: Conntrack, take: (T) -> Unit) -> DumpResult,
): Flow<T> =
    flow {
        lateinit var result: DumpResult
        emitAll(reading { table, take -> result = dump(table, take) })
        onResult(result)
    }
