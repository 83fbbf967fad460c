// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.nftables.PacketRule
import dev.nfkit.nftables.trace.PacketPathOptions

/**
 * The options of a session of packets' paths, and of the queue between the reader and the collector. Defaults and ranges are
 * those of [PacketPathOptions.Builder]; a value out of range is refused when it is set. One thread at a time.
 */
@NfkitDsl
public class PacketPathOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = PacketPathOptions.builder()
    private val values: PacketPathOptions get() = builder.build()

    /**
     * The receive buffer to request, in bytes, as [TraceEventOptionsBuilder.receiveBuffer].
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int
        get() = values.events().receiveBuffer()
        set(bytes) {
            builder.receiveBuffer(bytes)
        }

    /**
     * Traces packets by a rule in a table of the session, which disappears with it, at the hooks prerouting and output with
     * priority −400. Chains before it are not traced. At that place packets have no connection yet: `ct` in the match needs
     * a rule with a priority above −200.
     *
     * @param match matches in the language of nft; empty for all packets
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws IllegalArgumentException if it contains a verdict or another statement that does more than match
     */
    public fun rule(match: String) {
        builder.rule(match)
    }

    /**
     * Traces packets by a rule with a place of its own.
     *
     * @param rule which packets, and where
     */
    public fun rule(rule: PacketRule) {
        builder.rule(rule)
    }

    internal fun build(): PacketPathOptions = builder.build()
}
