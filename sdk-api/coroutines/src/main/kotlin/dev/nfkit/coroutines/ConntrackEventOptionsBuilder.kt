// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackFilter
import dev.nfkit.conntrack.event.ConntrackEventKind
import dev.nfkit.conntrack.event.ConntrackEventOptions

/**
 * The options of a session of conntrack's events, and of the queue between the reader and the collector. Defaults and
 * ranges are those of [ConntrackEventOptions.Builder]; a value out of range is refused when it is set. One thread at a
 * time.
 */
@NfkitDsl
public class ConntrackEventOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = ConntrackEventOptions.builder()
    private val values: ConntrackEventOptions get() = builder.build()

    /**
     * The receive buffer to request, in bytes: 4096 to 1073741823; 64 MiB by default, which uses memory only while
     * events wait. The kernel charges about 1 KiB for an event. Without the privilege to exceed `net.core.rmem_max` the
     * session gets at most that; [ConntrackEventScope.receiveBuffer] is the actual size.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int
        get() = values.receiveBuffer()
        set(bytes) {
            builder.receiveBuffer(bytes)
        }

    /**
     * Sets the kinds of events, replacing the default: all events of connections, and none of expectations.
     *
     * @param first one kind
     * @param more others
     */
    public fun kinds(
        first: ConntrackEventKind,
        vararg more: ConntrackEventKind,
    ) {
        builder.kinds(first, *more)
    }

    /**
     * Adds a filter of connections; with several, an event is delivered if one of them matches. The kernel applies it
     * before an event takes space on the socket, and the session once more on receipt. An event that lacks an attribute
     * of the filter does not match: for example, before Linux 5.11 the end of a connection lacks the state of TCP.
     * Events of expectations are delivered in any case.
     *
     * @param filter selects the connections
     */
    public fun filter(filter: ConntrackFilter) {
        builder.filter(filter)
    }

    internal fun build(): ConntrackEventOptions = builder.build()
}
