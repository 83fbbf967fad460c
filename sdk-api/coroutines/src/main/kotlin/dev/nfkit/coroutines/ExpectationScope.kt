// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackExpectation
import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.conntrack.StatisticsAttribute
import dev.nfkit.conntrack.table.CpuCounters
import dev.nfkit.conntrack.table.DumpResult
import dev.nfkit.conntrack.table.ExpectationSink
import dev.nfkit.conntrack.table.Expectations
import dev.nfkit.conntrack.table.NewExpectation
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.toList
import kotlin.jvm.optionals.getOrNull

/**
 * Reads, creates and removes the connections that helpers expect. It belongs to a [ConntrackScope], uses its client and
 * its threads, and has the same rules of cancellation and the same lifetime.
 */
public class ExpectationScope internal constructor(
    private val transport: NetlinkTransport,
    private val client: TableClient,
) {
    /**
     * All expectations, in no particular order, like the connections of [ConntrackScope.dump].
     *
     * @param onResult receives the result of the dump
     * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the kernel refuses it,
     *   [dev.nfkit.MalformedMessageException] if one cannot be read, or another [dev.nfkit.NetlinkException] if a
     *   system call fails
     */
    public fun dump(onResult: suspend (DumpResult) -> Unit = {}): Flow<ConntrackExpectation> =
        transport.dumping(onResult) { table, take ->
            table.expectations().dump(ExpectationSink<RuntimeException> { take(it) })
        }

    /**
     * Collects all expectations.
     *
     * @return a new list
     * @throws dev.nfkit.NetlinkException as the flow of [dump]
     */
    public suspend fun list(): List<ConntrackExpectation> = dump().toList()

    /**
     * Finds an expectation of zone 0 by the connection to come.
     *
     * @param tuple the original tuple of that connection; bits outside the expectation's mask are ignored
     * @return the expectation, or null if there is none
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun get(tuple: ConntrackTuple): ConntrackExpectation? = call { it.get(tuple).getOrNull() }

    /**
     * Creates an expectation.
     *
     * @param expectation the expectation
     * @throws dev.nfkit.KernelRefusedException if the connection that announces it does not exist
     *     ([dev.nfkit.Refusal.NOT_FOUND]) or has no helper (EOPNOTSUPP), or there already is such an expectation
     *     ([dev.nfkit.Refusal.EXISTS])
     * @throws dev.nfkit.NetlinkException if the socket fails, or the client is closed
     */
    public suspend fun create(expectation: NewExpectation) {
        call { it.create(expectation) }
    }

    /**
     * Removes an expectation of zone 0.
     *
     * @param tuple the original tuple of the connection to come
     * @return whether there was one
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun delete(tuple: ConntrackTuple): Boolean = call { it.delete(tuple) }

    /**
     * Removes all expectations of the namespace.
     *
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun flush() {
        call { it.flush() }
    }

    /**
     * Removes all expectations of one helper.
     *
     * @param helper its name
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun flush(helper: String) {
        call { it.flush(helper) }
    }

    /**
     * Each processor's counters of expectations.
     *
     * @return the counters, by processor
     * @throws dev.nfkit.NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public suspend fun cpuStatistics(): List<CpuCounters<StatisticsAttribute.Expectations>> =
        call(Expectations::cpuStatistics)

    private suspend fun <R> call(request: (Expectations) -> R): R = client.call { request(it.expectations()) }
}
