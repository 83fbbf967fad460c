package dev.nfkit.coroutines

import dev.nfkit.AddressFamily
import dev.nfkit.conntrack.Conntrack
import dev.nfkit.conntrack.ConntrackEntry
import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.ConntrackStatistics
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.ConntrackUpdate
import dev.nfkit.conntrack.CpuCounters
import dev.nfkit.conntrack.DumpResult
import dev.nfkit.conntrack.EntrySink
import dev.nfkit.conntrack.NewConnection
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.single
import kotlinx.coroutines.flow.toList
import kotlin.jvm.optionals.getOrNull

/**
 * An open client of the table of connections, inside the block of [useConntrack], which says what holds for all of it:
 * threads, cancellation and errors. Its members are for any thread.
 *
 * **Dumps** are cold flows: each collection asks anew, with a client of its own. Entries are owned, and come in no order
 * and in constant memory: some thousands wait for a slow collector at most, then the kernel goes on only as they are
 * collected. A collection that ends early, as `dump().take(10)` does, closes its sockets, at which the kernel ends the
 * dump. A failure is thrown to the collector behind the entries that were received before.
 *
 * While a dump runs, connections come and go: some may be missed, or come twice. Where the kernel has noticed that,
 * [DumpResult.interrupted] says so, which Linux up to 6.18 never does of this table. The result is told to the dump's
 * `onResult`, in the collector's context, behind the last entry and before the flow completes; not if the collection ends
 * otherwise:
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
     * The entries that a filter means. Where `onResult` fails, so does the collection.
     *
     * @param filter which entries; all by default
     * @param onResult is told how the dump went
     * @return a cold flow of owned entries; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses
     *   it, [dev.nfkit.MalformedMessageException] if an entry can't be read, or another [dev.nfkit.NetlinkException] if a
     *   system call fails
     */
    public fun dump(
        filter: ConntrackFilter = ConntrackFilter.all(),
        onResult: suspend (DumpResult) -> Unit = {},
    ): Flow<ConntrackEntry> = transport.dumping(onResult) { table, take -> table.dump(filter, copying(take)) }

    /**
     * The entries that a filter means, whose counters of packets and bytes are set to 0 as they are read, so that the next
     * dump tells what came since. The kernel resets those that pass its own part of the filter; a kernel that can't
     * compare all of it resets more. Where the collection ends early, entries that were not collected may have lost their
     * counts, too.
     *
     * @param filter which entries; all by default
     * @param onResult is told how the dump went
     * @return a cold flow of owned entries, with the counts until now; it throws as that of [dump]
     */
    public fun dumpAndResetCounters(
        filter: ConntrackFilter = ConntrackFilter.all(),
        onResult: suspend (DumpResult) -> Unit = {},
    ): Flow<ConntrackEntry> =
        transport.dumping(onResult) { table, take -> table.dumpAndResetCounters(filter, copying(take)) }

    /**
     * The connections that have ended or are removed, but that something still refers to. Kernels from 6.4 on keep only
     * those whose end could not be told to a listener.
     *
     * @param onResult is told how the dump went
     * @return a cold flow of owned entries; it throws as that of [dump]
     */
    public fun dumpDying(onResult: suspend (DumpResult) -> Unit = {}): Flow<ConntrackEntry> =
        transport.dumping(onResult) { table, take -> table.dumpDying(copying(take)) }

    /**
     * The connections whose first packet has not left the host yet. Kernels from 6.4 on show none.
     *
     * @param onResult is told how the dump went
     * @return a cold flow of owned entries; it throws as that of [dump]
     */
    public fun dumpUnconfirmed(onResult: suspend (DumpResult) -> Unit = {}): Flow<ConntrackEntry> =
        transport.dumping(onResult) { table, take -> table.dumpUnconfirmed(copying(take)) }

    private fun copying(take: (ConntrackEntry) -> Unit) = EntrySink<RuntimeException> { take(it.copy()) }

    /**
     * Collects the entries that a filter means: some 800 bytes each.
     *
     * @param filter which entries; all by default
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
     * @return an owned entry, or null where there is no such connection
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
     * @return an owned entry with the counts until now, or null where there is no such connection
     * @throws IllegalArgumentException if the zone is out of range
     * @throws dev.nfkit.NetlinkException as [get]
     */
    public suspend fun getAndResetCounters(
        tuple: ConntrackTuple,
        zone: Int = 0,
    ): ConntrackEntry? = client.call { it.getAndResetCounters(tuple, zone).getOrNull() }

    /**
     * Puts a connection into the table.
     *
     * @param connection the connection
     * @throws dev.nfkit.KernelRefusedException if there is one already by one of its tuples ([dev.nfkit.Refusal.EXISTS]),
     *   or the kernel refuses it otherwise
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun create(connection: NewConnection) {
        client.call { it.create(connection) }
    }

    /**
     * Puts a connection into the table, or changes the one that has its original tuple. Status bits are set in addition to
     * those that it has. The kernel refuses to change translation and master (EOPNOTSUPP).
     *
     * @param connection the connection
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun createOrUpdate(connection: NewConnection) {
        client.call { it.createOrUpdate(connection) }
    }

    /**
     * Changes a connection. Status bits are set in addition to those that it has, which takes a request more.
     *
     * @param tuple the original or the reply tuple
     * @param update what shall change
     * @param zone the zone, 0 to 65535
     * @throws IllegalArgumentException if the zone is out of range, or the update is of another protocol than the tuple
     * @throws dev.nfkit.KernelRefusedException if there is no such connection ([dev.nfkit.Refusal.NOT_FOUND]), or the
     *   kernel refuses the change: EBUSY for a status bit that user space may not set, ENOSPC for labels if the connection
     *   has no room
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
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it otherwise: EBUSY where a device handles it
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun delete(
        tuple: ConntrackTuple,
        zone: Int = 0,
    ): Boolean = client.call { it.delete(tuple, zone) }

    /**
     * Removes the very connection that an entry tells of, and not a later one of the same tuples.
     *
     * @param entry the entry, owned, with original tuple and id
     * @return whether it was still there
     * @throws dev.nfkit.KernelRefusedException if the kernel refuses it otherwise
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun delete(entry: ConntrackEntry): Boolean = client.call { it.delete(entry) }

    /**
     * Removes all connections that a filter means, one by one as a dump shows them. A cancellation leaves in the table
     * what was not removed by then.
     *
     * @param filter which
     * @return how many were removed
     * @throws dev.nfkit.NetlinkException as the flow of [dump], and as [delete]
     */
    public suspend fun deleteAll(filter: ConntrackFilter): Long =
        transport.reading<Long> { table, take -> take(table.deleteAll(filter)) }.single()

    /**
     * Removes all connections of the namespace at once, or those of a family. Kernels before 5.3 take no notice of the
     * family and remove all.
     *
     * @param family IPv4, IPv6, or unspecified, the default, for both
     * @throws IllegalArgumentException if the family is another
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun flush(family: AddressFamily = AddressFamily.UNSPEC) {
        client.call { it.flush(family) }
    }

    /**
     * How full the table is.
     *
     * @return the number of entries and its bound
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun statistics(): ConntrackStatistics = client.call(Conntrack::statistics)

    /**
     * What each processor counted of connections.
     *
     * @return the counters, by processor
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun cpuStatistics(): List<CpuCounters<StatisticsAttribute>> = client.call(Conntrack::cpuStatistics)
}
