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
 * The kernel tracks connections of a network namespace only once something asks it to: a rule with `-m conntrack`,
 * `ct state` or NAT. Until then the table is empty. All that is asked needs `CAP_NET_ADMIN` in the user namespace that
 * owns the network namespace.
 *
 * **Threads.** Requests run on a thread of the client's own, one after the other; dumps, and what goes over the whole
 * table, each on a thread and sockets of its own (`nfkit-conntrack-dump`), so that they hold up neither requests nor each
 * other. No thread of the caller's dispatcher is ever blocked. The block runs in the caller's context.
 *
 * **Cancellation** takes effect at once, also while the client is being opened or the kernel has not answered. A request
 * that was not sent yet is not sent any more. One that is in flight is carried out by the kernel nonetheless, and its
 * answer, or refusal, is thrown away: after the cancellation of a change, ask whether it has happened.
 *
 * **Errors** are thrown as they are, never wrapped.
 *
 * The client ends with the block, whether it returns, fails or is cancelled. Requests of other coroutines that are in
 * flight then, and later ones, fail with a [dev.nfkit.NetlinkException]. This function returns when the sockets are closed.
 *
 * @param block works with the client
 * @return what the block returns
 * @throws dev.nfkit.KernelRefusedException if the capability is missing ([dev.nfkit.Refusal.NO_CAPABILITY]), or the kernel
 *   has no `nf_conntrack_netlink` ([dev.nfkit.Refusal.NOT_SUPPORTED])
 * @throws dev.nfkit.NetlinkException if a socket can't be opened
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
