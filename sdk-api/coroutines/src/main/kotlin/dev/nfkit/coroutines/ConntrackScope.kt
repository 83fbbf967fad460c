// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.AddressFamily
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.conntrack.table.ConntrackStatistics
import dev.nfkit.conntrack.table.CpuCounters
import dev.nfkit.conntrack.table.DumpResult
import dev.nfkit.conntrack.table.EntrySink
import dev.nfkit.conntrack.table.NewConnection
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.single
import kotlinx.coroutines.flow.toList
import kotlin.jvm.optionals.getOrNull

/**
 * An open client of the table of connections, inside the block of [useConntrack], which describes threads, cancellation
 * and errors. Its members may be used by any thread.
 *
 * ***Dumps** are cold flows: each collection sends a new request, with its own client. Entries are owned, in no
 * particular order, and take constant memory: at most some thousands wait for a slow collector, and the kernel
 * continues only as they are collected. A collection that ends early, such as `dump().take(10)`, closes its sockets,
 * which ends the dump in the kernel. A failure is thrown to the collector after the entries that were received before.
 *
 * While a dump runs, connections are added and removed: some may be missing or occur twice. If the kernel detects that,
 * [DumpResult.interrupted] is true, but Linux up to 6.18 never reports it for this table. The result is passed to the
 * dump's `onResult`, in the collector's context, after the last entry and before the flow completes; not if the
 * collection ends otherwise:
 *
 * ```
 * var interrupted = false
 * val entries = dump { interrupted = it.interrupted() }.toList()
 * ```
 */
public class ConntrackScope internal constructor(
    private val transport: NetlinkTransport,
    private val client: TableClient,
) {
    /** The connections that helpers expect. */
    public val expectations: ExpectationScope = ExpectationScope(transport, client)

    /**
     * The entries that a filter matches. If `onResult` fails, the collection fails.
     *
     * @param filter selects the entries; all by default
     * @param onResult receives the result of the dump
     * @return a cold flow of owned entries; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel
     *     refuses it, [dev.nfkit.MalformedMessageException] if an entry cannot be read, or another
     *     [dev.nfkit.NetlinkException] if a system call fails
     */
    public fun dump(
        filter: ConntrackFilter = ConntrackFilter.all(),
        onResult: suspend (DumpResult) -> Unit = {},
    ): Flow<ConntrackEntry> = transport.dumping(onResult) { table, take -> table.dump(filter, copying(take)) }

    /**
     * The entries that a filter matches. Their counters of packets and bytes are set to 0 when they are read, so that
     * the next dump returns the counts since this one. The kernel resets the entries that match its own part of the
     * filter; a kernel that cannot compare all of the filter resets more. If the collection ends early, entries that
     * were not collected may have lost their counts, too.
     *
     * @param filter selects the entries; all by default
     * @param onResult receives the result of the dump
     * @return a cold flow of owned entries, with the counts until now; it throws like that of [dump]
     */
    public fun dumpAndResetCounters(
        filter: ConntrackFilter = ConntrackFilter.all(),
        onResult: suspend (DumpResult) -> Unit = {},
    ): Flow<ConntrackEntry> =
        transport.dumping(onResult) { table, take -> table.dumpAndResetCounters(filter, copying(take)) }

    /**
     * The connections that have ended or were removed, but are still referenced. Kernels from 6.4 on keep only those
     * whose end could not be reported to a listener.
     *
     * @param onResult receives the result of the dump
     * @return a cold flow of owned entries; it throws like that of [dump]
     */
    public fun dumpDying(onResult: suspend (DumpResult) -> Unit = {}): Flow<ConntrackEntry> =
        transport.dumping(onResult) { table, take -> table.dumpDying(copying(take)) }

    /**
     * The connections whose first packet has not left the host yet. Kernels from 6.4 on return none.
     *
     * @param onResult receives the result of the dump
     * @return a cold flow of owned entries; it throws like that of [dump]
     */
    public fun dumpUnconfirmed(onResult: suspend (DumpResult) -> Unit = {}): Flow<ConntrackEntry> =
        transport.dumping(onResult) { table, take -> table.dumpUnconfirmed(copying(take)) }

    private fun copying(take: (ConntrackEntry) -> Unit) = EntrySink<RuntimeException> { take(it.copy()) }

    /**
     * Collects the entries that a filter matches, about 800 bytes each.
     *
     * @param filter selects the entries; all by default
     * @return a new list of owned entries
     * @throws dev.nfkit.NetlinkException as the flow of [dump]
     */
    public suspend fun list(filter: ConntrackFilter = ConntrackFilter.all()): List<ConntrackEntry> =
        dump(filter).toList()

    /**
     * Finds a connection by one of its tuples.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @return an owned entry, or null if there is no such connection
     * @throws IllegalArgumentException if the zone is out of range
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it otherwise
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun get(
        tuple: ConntrackTuple,
        zone: Int = 0,
    ): ConntrackEntry? = client.call { it.get(tuple, zone).getOrNull() }

    /**
     * Finds a connection by one of its tuples and sets its counters to 0.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @return an owned entry with the counts until now, or null if there is no such connection
     * @throws IllegalArgumentException if the zone is out of range
     * @throws dev.nfkit.NetlinkException as [get]
     */
    public suspend fun getAndResetCounters(
        tuple: ConntrackTuple,
        zone: Int = 0,
    ): ConntrackEntry? = client.call { it.getAndResetCounters(tuple, zone).getOrNull() }

    /**
     * Adds a connection to the table.
     *
     * @param connection the connection
     * @throws dev.nfkit.KernelRefusedException if there is already one with one of its tuples
     *     ([dev.nfkit.Refusal.EXISTS]), or the kernel refuses it otherwise
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun create(connection: NewConnection) {
        client.call { it.create(connection) }
    }

    /**
     * Adds a connection to the table, or changes the one that has its original tuple. Status bits are set in addition
     * to those already set. The kernel refuses to change translation and master (EOPNOTSUPP).
     *
     * @param connection the connection
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun createOrUpdate(connection: NewConnection) {
        client.call { it.createOrUpdate(connection) }
    }

    /**
     * Changes a connection. Status bits are set in addition to those already set, which takes another request.
     *
     * @param tuple the original or the reply tuple
     * @param update the changes
     * @param zone the zone, 0 to 65535
     * @throws IllegalArgumentException if the zone is out of range, or the update is of another protocol than the tuple
     * @throws dev.nfkit.KernelRefusedException if there is no such connection ([dev.nfkit.Refusal.NOT_FOUND]), or the
     *     kernel refuses the change: EBUSY for a status bit that user space may not set, ENOSPC for labels if the
     *     connection has no space for them
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun update(
        tuple: ConntrackTuple,
        update: ConntrackUpdate,
        zone: Int = 0,
    ) {
        client.call { it.update(tuple, zone, update) }
    }

    /**
     * Removes a connection. Its next packet begins a new one.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @return whether there was one
     * @throws IllegalArgumentException if the zone is out of range
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it otherwise: EBUSY if a device handles it
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun delete(
        tuple: ConntrackTuple,
        zone: Int = 0,
    ): Boolean = client.call { it.delete(tuple, zone) }

    /**
     * Removes exactly the connection of an entry, and not a later one with the same tuples.
     *
     * @param entry the entry, owned, with original tuple and id
     * @return whether it still existed
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it otherwise
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun delete(entry: ConntrackEntry): Boolean = client.call { it.delete(entry) }

    /**
     * Removes all connections that a filter matches, one by one during a dump. After a cancellation, connections that
     * were not removed by then stay in the table.
     *
     * @param filter selects the connections
     * @return the number of removed connections
     * @throws dev.nfkit.NetlinkException as the flow of [dump], and as [delete]
     */
    public suspend fun deleteAll(filter: ConntrackFilter): Long =
        transport.reading<Long> { table, take -> take(table.deleteAll(filter)) }.single()

    /**
     * Removes all connections of the namespace at once, or those of a family. Kernels before 5.3 ignore the family and
     * remove all.
     *
     * @param family IPv4, IPv6, or unspecified, the default, for both
     * @throws IllegalArgumentException if it is another family
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun flush(family: AddressFamily = AddressFamily.UNSPEC) {
        client.call { it.flush(family) }
    }

    /**
     * The fill level of the table.
     *
     * @return the number of entries and its limit
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun statistics(): ConntrackStatistics = client.call(Conntrack::statistics)

    /**
     * Each processor's counters of connections.
     *
     * @return the counters, by processor
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun cpuStatistics(): List<CpuCounters<StatisticsAttribute>> = client.call(Conntrack::cpuStatistics)
}
