// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.socket.NetlinkTransport

/**
 * Opens a client of the table of connections, runs a block with it, and closes it.
 *
 * ```
 * transport.useConntrack {
 *     dump(ConntrackFilter.all().mark(7)).collect { entry ->
 *         update(entry.original(), ConntrackUpdate.none().mark(8), entry.zone())
 *     }
 *     println(statistics())
 * }
 * ```
 *
 * The kernel tracks connections of a network namespace only if it is requested: by a rule with `-m conntrack`, `ct
 * state` or NAT. Until then the table is empty. All requests need `CAP_NET_ADMIN` in the user namespace that owns the
 * network namespace.
 *
 * **Threads.** Requests run one at a time on a separate thread of the client. Dumps, and other operations on the whole
 * table, each use their own thread and sockets (`nfkit-conntrack-dump`), so that they delay neither requests nor each
 * other. No thread of the caller's dispatcher is ever blocked. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the client is being opened or the kernel has not answered. A
 * request that was not sent yet is not sent. The kernel still carries out a request in flight, and its answer or
 * refusal is discarded: after the cancellation of a change, check whether it has happened.
 *
 * **Errors** are thrown unchanged, never wrapped.
 *
 * The client ends with the block, whether it returns, fails or is cancelled. Requests of other coroutines that are in
 * flight at that time, and later ones, fail with a [dev.nfkit.NetlinkException]. This function returns after the
 * sockets were closed.
 *
 * @param block works with the client
 * @return the block's result
 * @throws dev.nfkit.KernelRefusedException if the capability is missing ([dev.nfkit.Refusal.NO_CAPABILITY]), or the
 *     kernel has no `nf_conntrack_netlink` ([dev.nfkit.Refusal.NOT_SUPPORTED])
 * @throws dev.nfkit.NetlinkException if a socket cannot be opened
 */
public suspend fun <R> NetlinkTransport.useConntrack(block: suspend ConntrackScope.() -> R): R {
    val client = TableClient(this)
    val result =
        try {
            client.open()
            ConntrackScope(this, client).block()
        } catch (e: Throwable) {
            try {
                client.close()
            } catch (later: Throwable) {
                e.joined(later)
            }
            throw e
        }
    client.close()
    return result
}
