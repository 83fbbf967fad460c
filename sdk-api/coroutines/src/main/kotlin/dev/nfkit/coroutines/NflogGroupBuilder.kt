// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.CopyMode
import dev.nfkit.nflog.NflogGroup
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * The options of one NFLOG group. Defaults and ranges are those of [NflogGroup.Builder]; a value out of range is
 * refused when it is set. One thread at a time.
 */
@NfkitDsl
public class NflogGroupBuilder internal constructor(
    private val number: Int,
) {
    private val builder = NflogGroup.builder(number)
    private val values: NflogGroup get() = builder.build()

    /** The part of a packet that is copied; [CopyMode.PACKET] by default. */
    public var copyMode: CopyMode
        get() = values.copyMode()
        set(mode) {
            builder.copyMode(mode)
        }

    /**
     * The most bytes of a packet that are copied, from its network header on: 0 to 65531, if 0 means the most. A
     * packet that is longer arrives [truncated][dev.nfkit.nflog.NflogPacket.truncated]. By default the most.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var copyRange: Int
        get() = values.copyRange()
        set(bytes) {
            builder.copyRange(bytes)
        }

    /**
     * The minimum size that the kernel allocates for a batch (NLBUFSIZ): 3776 to 131072, or null, the default, for a
     * size that fits the receive buffer, 65536 at most. [NflogScope.bufferSize] returns the actual size.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var bufferSize: Int? = null
        set(bytes) {
            bytes?.let { NflogGroup.builder(number).bufferSize(it) } // checks the range
            field = bytes
        }

    /**
     * The longest time that the kernel holds a packet until its batch is full, which is the delay at low rates. A
     * multiple of 10 ms from 0 to 497 days; 100 ms by default.
     *
     * @throws IllegalArgumentException if it is set out of range, or to no such multiple
     */
    public var timeout: Duration
        get() = values.timeout().toKotlinDuration()
        set(longest) {
            builder.timeout(longest.toJavaDuration())
        }

    /**
     * The number of packets that the kernel collects before it sends them, from 1; a lower value of the rule takes
     * precedence. 1024 by default; 1 sends each at once, at several times the cost.
     *
     * @throws IllegalArgumentException if it is set to less than 1
     */
    public var threshold: Int
        get() = values.threshold()
        set(packets) {
            builder.threshold(packets)
        }

    /** Whether packets are numbered in their group, so that losses are counted exactly. On by default. */
    public var sequence: Boolean
        get() = values.sequence()
        set(on) {
            builder.sequence(on)
        }

    /** Whether packets are numbered across all groups of the namespace. Off by default. */
    public var sequenceGlobal: Boolean
        get() = values.sequenceGlobal()
        set(on) {
            builder.sequenceGlobal(on)
        }

    /**
     * Whether packets carry their connection. Off by default. Kernels without `CONFIG_NETFILTER_NETLINK_GLUE_CT` refuse
     * it with EOPNOTSUPP when the session is opened.
     */
    public var conntrack: Boolean
        get() = values.conntrack()
        set(on) {
            builder.conntrack(on)
        }

    internal fun build(): NflogGroup {
        bufferSize?.let(builder::bufferSize)
        return builder.build()
    }
}
