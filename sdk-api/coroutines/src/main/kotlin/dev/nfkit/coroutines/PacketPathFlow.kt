// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.EventStatistics
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.TableId
import dev.nfkit.nftables.trace.PacketPath
import dev.nfkit.nftables.trace.PacketPathOptions
import dev.nfkit.nftables.trace.PacketPathSink
import dev.nfkit.nftables.trace.PacketPaths
import dev.nfkit.nftables.trace.PathStatistics
import dev.nfkit.nftables.trace.PathStep
import dev.nfkit.nftables.trace.TracedRuleset
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.withContext

/**
 * Opens a session of the paths of packets through the rules, runs a block with it, and closes it.
 *
 * ```
 * transport.usePacketPaths({ rule("tcp dport 443") }) {
 *     paths.take(10).collect { path ->
 *         for (pass in path.passes()) {
 *             pass.steps().forEach { println("$it ${text(pass.table(), it).orEmpty()}") }
 *         }
 *     }
 * }
 * ```
 *
 * The block starts when the rule is installed: packets from then on are traced. Its end closes the session, whether it
 * returns, fails or is cancelled, and the rule's table disappears. Paths that were not collected by then are discarded; call
 * [PacketPathScope.stop] and collect to the end to lose none. This function returns after the sockets were closed and the
 * reader thread has ended.
 *
 * **Threads.** The session is opened, read and closed by a separate daemon thread (`nfkit-packet-paths`), never by the
 * caller's dispatcher. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the session is being opened, while the reader is blocked in the kernel,
 * and while it waits for a slow collector.
 *
 * **Errors** are thrown unchanged, never wrapped. A failure while reading is thrown to the collector of
 * [PacketPathScope.paths]; if the block returns before that, it is thrown here.
 *
 * @param configure sets the options; without a rule, other rules must trace packets
 * @param block works with the open session
 * @return the block's result
 * @throws IllegalArgumentException if an option is out of range, or the rule is none
 * @throws dev.nfkit.KernelRefusedException if the kernel refuses it, such as EPERM without `CAP_NET_ADMIN`
 * @throws dev.nfkit.BatchRefusedException if the kernel refuses the rule
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.usePacketPaths(
    configure: PacketPathOptionsBuilder.() -> Unit = {},
    block: suspend PacketPathScope.() -> R,
): R {
    val builder = PacketPathOptionsBuilder().apply(configure)
    val reader = pathReader(builder.build(), builder.batchCapacity)
    val texts = RuleTexts(this)
    try {
        return reader.use { PacketPathScope(it.session, reader, texts).block() }
    } finally {
        withContext(NonCancellable + Dispatchers.IO) { texts.close() }
    }
}

/**
 * Reads rules with a client of its own, which is opened when the first one is asked for: the reader closes the session's
 * client when the session has ended, and the block may still work with the paths.
 */
internal class RuleTexts(
    private val transport: NetlinkTransport,
) : AutoCloseable {
    private var client: Nftables? = null
    private var ruleset: TracedRuleset? = null

    @Synchronized
    fun text(
        table: TableId,
        step: PathStep,
    ): String? {
        val handle = step.ruleHandle()
        if (handle.isEmpty) return null
        val known =
            ruleset ?: Nftables.open(transport).let {
                client = it
                TracedRuleset(it).also { read -> ruleset = read }
            }
        return known.text(table, step.chain(), handle.asLong).orElse(null)
    }

    @Synchronized
    override fun close() {
        client?.close()
    }
}

/**
 * The paths of packets through the rules as a cold flow: each collection opens its own session, with its own rule, and closes
 * it when it ends. It is the short form of [usePacketPaths] for callers that need no text of rules and no statistics.
 *
 * ```
 * transport.packetPaths { rule("udp dport 53") }
 *     .filter { it.outcome() == PacketPath.Outcome.DROPPED }
 *     .collect { println(it) }
 * ```
 *
 * The flow does not end by itself. When its collector completes, fails or is cancelled, the session is closed and paths that
 * were not collected are discarded; collecting returns after the sockets were closed. A failure to open or to receive is
 * thrown to the collector unchanged, and so are the collector's own exceptions.
 *
 * @param configure sets the options; it is called once, immediately
 * @return a cold flow; collecting it throws as [usePacketPaths]
 * @throws IllegalArgumentException if an option is out of range, or the rule is none
 */
public fun NetlinkTransport.packetPaths(configure: PacketPathOptionsBuilder.() -> Unit = {}): Flow<PacketPath> {
    val builder = PacketPathOptionsBuilder().apply(configure)
    val options = builder.build()
    return flowOf { pathReader(options, builder.batchCapacity) }
}

/** An open session of packets' paths, inside the block of [usePacketPaths]. */
public class PacketPathScope internal constructor(
    private val session: PacketPaths,
    reader: SessionReader<SessionSource<PacketPaths, PacketPath>, PacketPath>,
    private val texts: RuleTexts,
) : SessionScope(session) {
    /**
     * The paths, in the order of their ends. They may be kept, and read by any thread.
     *
     * Only one collector at a time; a concurrent one fails with IllegalStateException. Collectors may follow each other:
     * each continues after the last path that was emitted to the previous one.
     *
     * Collecting suspends while there is no path. It completes after the session has ended, which after [stop] is when
     * everything was delivered. If the session fails, it throws the same exception after the last path. Cancelling a
     * collector ends its collection at once, not the session.
     */
    public val paths: Flow<PacketPath> = reader.elements()

    /** The table of the session's own rule; null without a rule, or if the rule is in a chain that existed. */
    public val ownTable: TableId? get() = session.ownTable().orElse(null)

    /**
     * The text of a step's rule, as nft prints it. It is read from the kernel if it is not known yet, by a thread of
     * [Dispatchers.IO]; a cancelled caller waits for the answer. Inside the block, also after the session has ended.
     *
     * @param table the table of the step's pass
     * @param step the step
     * @return one line; it contains text from outside, such as comments; null if the step has no rule, or the rule was removed
     * @throws dev.nfkit.NetlinkException if the ruleset cannot be read
     */
    public suspend fun text(
        table: TableId,
        step: PathStep,
    ): String? = withContext(Dispatchers.IO) { texts.text(table, step) }

    /**
     * The counters of received and lost messages since the session was opened. Also valid after the block's end.
     *
     * @return a snapshot
     */
    public override fun statistics(): EventStatistics = session.statistics()

    /**
     * The counters of paths since the session was opened. Also valid after the block's end.
     *
     * @return a snapshot
     */
    public fun pathStatistics(): PathStatistics = session.pathStatistics()
}

internal fun NetlinkTransport.pathReader(
    options: PacketPathOptions,
    batchCapacity: Int,
): SessionReader<SessionSource<PacketPaths, PacketPath>, PacketPath> =
    SessionReader("nfkit-packet-paths", batchCapacity, this, { true }) { transport ->
        SessionSource(PacketPaths.open(transport, options)) { take, timeout ->
            poll(PacketPathSink<RuntimeException> { take(it) }, timeout)
        }
    }
