// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withContext

/**
 * Runs a block that opens sessions of several families, and closes them all at its end, the last one first. It replaces
 * nested calls of [useNflog], [useNfqueue], [useConntrack] and the others.
 *
 * ```
 * transport.useNetfilter {
 *     val logged = nflog { group(30) }
 *     val queued = nfqueue { queue(0) }
 *     val table = conntrack()
 *     coroutineScope {
 *         launch { logged.packets.collect { println(it) } }
 *         queued.decide { if (table.get(tuple(it)) == null) Verdict.DROP else Verdict.ACCEPT }
 *     }
 * }
 * ```
 *
 * What the single functions promise holds for each session: its thread, cancellation at any moment, errors that are thrown
 * unchanged. A failure of the block, or a cancellation of the caller, closes all sessions. If several fail, the first
 * failure is thrown, with the others as suppressed ones. This function returns after all sockets were closed.
 *
 * @param block opens sessions and works with them
 * @return the block's result
 */
public suspend fun <R> NetlinkTransport.useNetfilter(block: suspend NetfilterScope.() -> R): R {
    val scope = NetfilterScope(this, currentCoroutineContext()[Job])
    val result =
        try {
            scope.block()
        } catch (e: Throwable) {
            throw scope.closeAfter(e)
        }
    scope.close()
    return result
}

/**
 * Opens sessions inside the block of [useNetfilter]. A session is open when its function returns, and ends with the block.
 * If it cannot be opened, the function throws, and the block may go on. Any thread.
 */
public class NetfilterScope internal constructor(
    private val transport: NetlinkTransport,
    private val job: Job?,
) {
    private class Opened(
        val close: suspend () -> Unit,
        val closeAfter: suspend (Throwable) -> Throwable,
    )

    private val opened = ArrayDeque<Opened>()
    private var ended = false

    /**
     * Opens an NFLOG session.
     *
     * @param configure adds the groups and sets their options
     * @return the session, whose groups are bound
     * @throws IllegalArgumentException if an option is out of range, or no group was added
     * @throws IllegalStateException if the block has ended
     * @throws dev.nfkit.NetlinkException as [useNflog] does
     */
    public suspend fun nflog(configure: NflogOptionsBuilder.() -> Unit): NflogScope {
        val builder = NflogOptionsBuilder().apply(configure)
        val reader = transport.nflogReader(builder.build(), builder.batchCapacity)
        return NflogScope(open(reader).session, reader)
    }

    /**
     * Opens an NFQUEUE session.
     *
     * @param configure adds the queues and sets their options
     * @return the session, whose queues are bound
     * @throws IllegalArgumentException if an option is out of range, or no queue was added
     * @throws IllegalStateException if the block has ended
     * @throws dev.nfkit.NetlinkException as [useNfqueue] does
     */
    public suspend fun nfqueue(configure: NfqueueOptionsBuilder.() -> Unit): NfqueueScope {
        val builder = NfqueueOptionsBuilder().apply(configure)
        val options = builder.build()
        val reader = transport.nfqueueReader(options, builder.batchCapacity)
        return NfqueueScope(options, open(reader).session, reader)
    }

    /**
     * Opens a client of the table of connections.
     *
     * @return the client
     * @throws IllegalStateException if the block has ended
     * @throws dev.nfkit.NetlinkException as [useConntrack] does
     */
    public suspend fun conntrack(): ConntrackScope {
        val client = TableClient(transport)
        opening(
            Opened(client::close) { reason ->
                try {
                    client.close()
                } catch (e: Throwable) {
                    reason.joined(e)
                }
                reason
            },
        ) { client.open() }
        return ConntrackScope(transport, client)
    }

    /**
     * Opens a session of conntrack's events.
     *
     * @param configure sets the options; by default all events of connections are delivered
     * @return the session
     * @throws IllegalArgumentException if an option is out of range
     * @throws IllegalStateException if the block has ended
     * @throws dev.nfkit.NetlinkException as [useConntrackEvents] does
     */
    public suspend fun conntrackEvents(configure: ConntrackEventOptionsBuilder.() -> Unit = {}): ConntrackEventScope {
        val builder = ConntrackEventOptionsBuilder().apply(configure)
        val reader = transport.conntrackEventReader(builder.build(), builder.batchCapacity)
        return ConntrackEventScope(open(reader).session, reader)
    }

    /**
     * Opens a session of the ruleset's events.
     *
     * @param configure sets the options; by default all events of all tables are delivered
     * @return the session
     * @throws IllegalArgumentException if an option is out of range
     * @throws IllegalStateException if the block has ended
     * @throws dev.nfkit.NetlinkException as [useNftablesEvents] does
     */
    public suspend fun nftablesEvents(configure: NftablesEventOptionsBuilder.() -> Unit = {}): NftablesEventScope {
        val builder = NftablesEventOptionsBuilder().apply(configure)
        val reader = transport.nftablesEventReader(builder.build(), builder.batchCapacity)
        return NftablesEventScope(open(reader).session, reader)
    }

    /**
     * Opens a session of the paths of packets through the rules.
     *
     * @param configure sets the options; without a rule, other rules must trace packets
     * @return the session
     * @throws IllegalArgumentException if an option is out of range, or the rule is none
     * @throws IllegalStateException if the block has ended
     * @throws dev.nfkit.NetlinkException as [usePacketPaths] does
     */
    public suspend fun packetPaths(configure: PacketPathOptionsBuilder.() -> Unit = {}): PacketPathScope {
        val builder = PacketPathOptionsBuilder().apply(configure)
        val reader = transport.pathReader(builder.build(), builder.batchCapacity)
        val texts = RuleTexts(transport)
        val closing: suspend () -> Unit = { withContext(NonCancellable + Dispatchers.IO) { texts.close() } }
        opening(
            Opened(closing) { reason ->
                closing()
                reason
            },
        ) {}
        return PacketPathScope(open(reader).session, reader, texts)
    }

    private suspend fun <S : Source<T>, T : Any> open(reader: SessionReader<S, T>): S =
        opening(
            Opened({
                reader.close()
                reader.unseenFailure()?.let { throw it }
            }, reader::closeAfter),
        ) { reader.open(job) }

    /** Opens a session that is closed in any case: now if that fails, otherwise at the end of the block. */
    private suspend fun <R> opening(
        session: Opened,
        open: suspend () -> R,
    ): R {
        synchronized(opened) {
            check(!ended) { "the block of useNetfilter has ended, and its sessions with it" }
            opened.addLast(session)
        }
        try {
            return open()
        } catch (e: Throwable) {
            synchronized(opened) { opened.remove(session) }
            throw session.closeAfter(e)
        }
    }

    private fun end(): List<Opened> =
        synchronized(opened) {
            ended = true
            opened.reversed().also { opened.clear() }
        }

    internal suspend fun closeAfter(reason: Throwable): Throwable =
        end().fold(reason) { failure, session -> session.closeAfter(failure) }

    internal suspend fun close() {
        var failure: Throwable? = null
        for (session in end()) {
            failure =
                failure?.let { session.closeAfter(it) }
                    ?: try {
                        session.close()
                        null
                    } catch (e: Throwable) {
                        e
                    }
        }
        failure?.let { throw it }
    }
}
