// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.AddressFamily
import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nftables.PacketRule

/**
 * The options of an NFLOG session: its groups, its socket, and the queue between the reader and the collector. Defaults
 * and ranges are those of [NflogOptions.Builder]; a value out of range is refused when it is set. One thread at a time.
 */
@NfkitDsl
public class NflogOptionsBuilder internal constructor() : SessionOptionsBuilder() {
    private val builder = NflogOptions.builder()

    /**
     * The receive buffer to request, in bytes: 4096 to 1073741823; 64 MiB by default, which uses memory only while
     * packets wait. Without the privilege to exceed `net.core.rmem_max` the session gets at most that and makes its
     * batches smaller; [NflogScope.receiveBuffer] is the actual size.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int = DEFAULT_RECEIVE_BUFFER
        set(bytes) {
            builder.receiveBuffer(bytes)
            field = bytes
        }

    /**
     * Adds a group.
     *
     * @param group the group, 0 to 65535; rules name it (`--nflog-group`, `log group`)
     * @param configure sets its options
     * @throws IllegalArgumentException if it is out of range or was already added
     */
    public fun group(
        group: Int,
        configure: NflogGroupBuilder.() -> Unit = {},
    ) {
        group(NflogGroupBuilder(group).apply(configure).build())
    }

    /**
     * Adds a group with options that are already built.
     *
     * @param group the group's options
     * @throws IllegalArgumentException if the group was already added
     */
    public fun group(group: NflogGroup) {
        builder.group(group)
    }

    /**
     * Claims the namespace's logger of a family, so that packets logged by the kernel itself arrive, in group 0: for
     * example invalid packets (`nf_conntrack_log_invalid`). Off by default, and not needed for rules.
     *
     * It changes the whole namespace: another logger of that family gets nothing while the session is open. The end of
     * the session restores the previous logger, unless it was changed since.
     *
     * @param families one or more of IPv4, IPv6, ARP, bridge and netdev
     * @throws IllegalArgumentException if a family has no logger
     */
    public fun claimLogger(vararg families: AddressFamily) {
        builder.claimLogger(*families)
    }

    /**
     * Installs a rule that logs packets to the session's group, while the session is open. [PacketRule] describes where
     * it is, and what happens if the process is killed.
     *
     * @param match matches in the language of nft, such as `tcp dport 443`; empty for all packets
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule
     * @throws IllegalArgumentException if it does more than to match
     */
    public fun rule(match: String) {
        builder.rule(match)
    }

    /**
     * Installs a rule that logs packets to the session's group, while the session is open.
     *
     * @param rule the rule
     */
    public fun rule(rule: PacketRule) {
        builder.rule(rule)
    }

    /**
     * Sets the handler of malformed messages, which are counted in any case. By default they are logged as warnings,
     * with decreasing frequency.
     *
     * @param handler the handler, called on the session's reader thread, which waits for it; its exceptions make the
     *     session fail and are thrown to the collector
     */
    public fun onMalformed(handler: MalformedHandler) {
        builder.onMalformed(handler)
    }

    internal fun build(): NflogOptions = builder.build()

    private companion object {
        val DEFAULT_RECEIVE_BUFFER =
            NflogOptions
                .builder()
                .group(0)
                .build()
                .receiveBuffer()
    }
}
