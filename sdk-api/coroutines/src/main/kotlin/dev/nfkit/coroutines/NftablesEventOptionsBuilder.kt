// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.NftablesEventOptions
import dev.nfkit.nftables.ObjectKind
import dev.nfkit.nftables.TableId

/**
 * The options of a session of the ruleset's events, and of the queue between the reader and the collector. Defaults and
 * ranges are those of [NftablesEventOptions.Builder]; a value out of range is refused when it is set. One thread at a
 * time.
 */
@NfkitDsl
public class NftablesEventOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = NftablesEventOptions.builder()
    private val values: NftablesEventOptions get() = builder.build()

    /**
     * The receive buffer to request, in bytes: 4096 to 1073741823; 64 MiB by default, which uses memory only while
     * events wait. The kernel charges about 5 KiB for a datagram, which contains one event or several. Without the
     * privilege to exceed `net.core.rmem_max` the session gets at most that; [NftablesEventScope.receiveBuffer] is the
     * actual size.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int
        get() = values.receiveBuffer()
        set(bytes) {
            builder.receiveBuffer(bytes)
        }

    /**
     * Sets the kinds of objects, replacing the default, which is all of them. The end of each transaction is delivered
     * in any case.
     *
     * @param first one kind
     * @param more others
     */
    public fun kinds(
        first: ObjectKind,
        vararg more: ObjectKind,
    ) {
        builder.kinds(first, *more)
    }

    /**
     * Adds a table; with several, the events of all of them are delivered. The session excludes other events on
     * receipt: they take space on the socket.
     *
     * @param table family and name
     */
    public fun table(table: TableId) {
        builder.table(table)
    }

    internal fun build(): NftablesEventOptions = builder.build()
}
