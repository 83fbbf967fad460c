// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.trace.TraceEventOptions

/**
 * The options of a session of trace messages, and of the queue between the reader and the collector. Defaults and ranges
 * are those of [TraceEventOptions.Builder]; a value out of range is refused when it is set. One thread at a time.
 */
@NfkitDsl
public class TraceEventOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = TraceEventOptions.builder()
    private val values: TraceEventOptions get() = builder.build()

    /**
     * The receive buffer to request, in bytes: 4096 to 1073741823; 16 MiB by default, which uses memory only while
     * messages wait. The kernel charges about 1 KiB for a message. Without the privilege to exceed `net.core.rmem_max`
     * the session gets at most that.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int
        get() = values.receiveBuffer()
        set(bytes) {
            builder.receiveBuffer(bytes)
        }

    internal fun build(): TraceEventOptions = builder.build()
}
