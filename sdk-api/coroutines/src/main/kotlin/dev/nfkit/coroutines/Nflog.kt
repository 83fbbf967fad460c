// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogPacket
import dev.nfkit.nflog.NflogSession
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow

/**
 * Opens an NFLOG session, runs a block with it, and closes it.
 *
 * ```
 * transport.useNflog({
 *     group(30) { copyRange = 128 }
 *     group(31)
 * }) {
 *     packets.take(10).collect { println(it) }
 *     println(statistics())
 * }
 * ```
 *
 * The block starts when all groups are bound: packets logged from then on are delivered. Its end closes the session,
 * whether it returns, fails or is cancelled. Packets that were not collected by then are discarded and counted; call
 * [NflogScope.stop] and collect to the end to lose none. This function returns after the socket was closed and the
 * reader thread has ended.
 *
 * **Threads.** The session is opened, read and closed by a separate daemon thread, named after the groups
 * (`nfkit-nflog-30`), never by the caller's dispatcher. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the session is being opened, while the reader is blocked in the
 * kernel, and while it waits for a slow collector. It waits only for a callback of the application in progress on the
 * reader thread (that of [NflogOptionsBuilder.onMalformed]).
 *
 * **Errors** are thrown unchanged, never wrapped. A failure while reading is thrown to the collector of
 * [NflogScope.packets]; if the block returns before that, it is thrown here.
 *
 * @param configure adds the groups and sets their options
 * @param block works with the open session
 * @return the block's result
 * @throws IllegalArgumentException if an option is out of range, or no group was added; nothing is opened then
 * @throws dev.nfkit.KernelRefusedException if a group cannot be bound; its message names cause and cure
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.useNflog(
    configure: NflogOptionsBuilder.() -> Unit,
    block: suspend NflogScope.() -> R,
): R {
    val builder = NflogOptionsBuilder().apply(configure)
    val reader = nflogReader(builder.build(), builder.batchCapacity)
    return reader.use { NflogScope(it.session, reader).block() }
}

/**
 * The packets of one NFLOG group as a cold flow: each collection opens its own session and closes it when it ends.
 *
 * ```
 * transport.nflog(30) { copyRange = 128 }.take(10).collect { println(it) }
 * ```
 *
 * It is the short form of [useNflog] for callers that need neither the time when the group is bound, nor statistics,
 * nor several groups. Packets are owned: they may be kept, and read by any thread.
 *
 * The flow does not end by itself. When its collector completes, fails or is cancelled, the session is closed and
 * packets that were not collected are discarded; collecting returns after the socket was closed. Cancellation takes
 * effect at once, also while the session is being opened or waits in the kernel. A failure to open or to receive is
 * thrown to the collector unchanged, and so are the collector's own exceptions.
 *
 * A group has one owner: the kernel refuses a second collection at the same time. Share a collection with
 * [shareIn][kotlinx.coroutines.flow.shareIn].
 *
 * @param group the group, 0 to 65535; rules name it (`--nflog-group`, `log group`)
 * @param configure sets the group's options; it is called once, immediately
 * @return a cold flow; collecting it throws [dev.nfkit.KernelRefusedException] if the group cannot be bound, or another
 *     [dev.nfkit.NetlinkException] if a system call fails
 * @throws IllegalArgumentException if the group or an option is out of range
 */
public fun NetlinkTransport.nflog(
    group: Int,
    configure: NflogGroupBuilder.() -> Unit = {},
): Flow<NflogPacket> {
    val builder = NflogOptionsBuilder().apply { group(group, configure) }
    val options = builder.build()
    return flowOf { nflogReader(options, builder.batchCapacity) }
}

internal fun NetlinkTransport.nflogReader(
    options: NflogOptions,
    batchCapacity: Int,
): SessionReader<SessionSource<NflogSession, NflogPacket>, NflogPacket> {
    val name = options.groups().joinToString(",", "nfkit-nflog-") { it.group().toString() }
    return SessionReader(name, batchCapacity, this) { openNflog(it, options) }
}
