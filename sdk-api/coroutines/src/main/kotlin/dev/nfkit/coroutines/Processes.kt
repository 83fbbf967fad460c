// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessResolver
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * Finds the process at an end of a connection or packet, on a thread of [Dispatchers.IO]: the search waits for the
 * kernel and for files.
 *
 * ```
 * val process = processes.lookup(entry.original()).known().orElse(null)
 * ```
 *
 * Cancellation takes effect after the search, which is not interrupted. If the process is unknown, the result has the
 * reason; nothing is thrown.
 *
 * @param tuple the original tuple of a connection, or the tuple of a packet
 * @return as [ProcessResolver.resolve]
 */
public suspend fun ProcessResolver.lookup(tuple: ConntrackTuple): Attribution =
    withContext(Dispatchers.IO) { resolve(tuple) }

/**
 * As [lookup], of a connection that may be translated.
 *
 * @param original the original tuple
 * @param reply the tuple of the reply direction
 * @return as [ProcessResolver.resolve] of both tuples
 */
public suspend fun ProcessResolver.lookup(
    original: ConntrackTuple,
    reply: ConntrackTuple,
): Attribution = withContext(Dispatchers.IO) { resolve(original, reply) }
