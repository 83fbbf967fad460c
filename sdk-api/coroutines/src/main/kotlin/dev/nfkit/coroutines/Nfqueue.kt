// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.socket.NetlinkTransport

/**
 * Opens an NFQUEUE session, runs a block with it, and closes it.
 *
 * ```
 * transport.useNfqueue({
 *     queue(0) { uidGid = true }
 *     deadline = 2.seconds
 * }) {
 *     decide(concurrency = 16) { packet ->
 *         if (directory.permits(packet.uid())) Verdict.ACCEPT else Verdict.DROP // a look-up that suspends
 *     }
 * }
 * ```
 *
 * The block starts when all queues are bound: packets wait for it from then on. Its end closes the session at once,
 * whether it returns, fails or is cancelled, and undecided packets get the [close
 * verdict][NfqueueOptionsBuilder.closeVerdict]; call [NfqueueScope.stop] and decide to the end for a graceful one. This
 * function returns after the socket was closed and the reader thread has ended: no packet waits any more.
 *
 * **Threads.** The session is opened, read and closed by a separate daemon thread, named after the queues
 * (`nfkit-nfqueue-0`), never by the caller's dispatcher. The block and its deciders run in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the session is being opened, while the reader is blocked in the
 * kernel or waits for a slow decider, and even while a decider blocks its thread or ignores the cancellation: the
 * reader thread gives the close verdict to all waiting packets and closes the socket, without waiting for any decider.
 * It waits only for a callback of the application in progress on the reader thread (for example that of
 * [NfqueueOptionsBuilder.onMalformed]). Only after that, this function waits for the block to end.
 *
 * **Errors** are thrown unchanged, never wrapped. A failure while reading is thrown to the caller of
 * [NfqueueScope.decide] or the collector of [NfqueueScope.packets]; if the block returns before that, it is thrown
 * here.
 *
 * @param configure adds the queues and sets their options
 * @param block works with the open session
 * @return the block's result
 * @throws IllegalArgumentException if an option is out of range, or no queue was added; nothing is opened then
 * @throws dev.nfkit.KernelRefusedException if a queue cannot be bound; its message names cause and cure
 * @throws dev.nfkit.NetlinkException if a system call fails
 */
public suspend fun <R> NetlinkTransport.useNfqueue(
    configure: NfqueueOptionsBuilder.() -> Unit,
    block: suspend NfqueueScope.() -> R,
): R {
    val builder = NfqueueOptionsBuilder().apply(configure)
    val options = builder.build()
    val reader = nfqueueReader(options, builder.batchCapacity)
    return reader.use { NfqueueScope(options, it.session, reader).block() }
}

internal fun NetlinkTransport.nfqueueReader(
    options: NfqueueOptions,
    batchCapacity: Int,
): SessionReader<SessionSource<NfqueueSession, QueuedPacket>, QueuedPacket> {
    val name = options.queues().joinToString(",", "nfkit-nfqueue-") { it.queue().toString() }
    return SessionReader(name, batchCapacity, this) { openNfqueue(it, options) }
}
