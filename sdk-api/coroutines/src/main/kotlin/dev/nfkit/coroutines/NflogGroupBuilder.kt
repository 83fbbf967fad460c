package dev.nfkit.coroutines

import dev.nfkit.netfilter.CopyMode
import dev.nfkit.nflog.NflogGroup
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * How one NFLOG group shall deliver. Defaults and ranges are those of [NflogGroup.Builder]; a value out of range is
 * refused where it is set. One thread at a time.
 */
@NfkitDsl
public class NflogGroupBuilder internal constructor(
    private val number: Int,
) {
    private val builder = NflogGroup.builder(number)
    private val values: NflogGroup get() = builder.build()

    /** How much of a packet is copied; [CopyMode.PACKET] by default. */
    public var copyMode: CopyMode
        get() = values.copyMode()
        set(mode) {
            builder.copyMode(mode)
        }

    /**
     * The most bytes of a packet that are copied, from its network header on: 0 to 65531, where 0 means the most. A
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
     * The least bytes that the kernel allocates for a batch (NLBUFSIZ): 3776 to 131072, or null, the default, for what
     * fits the receive buffer, 65536 at most. [NflogScope.bufferSize] tells what was chosen.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var bufferSize: Int? = null
        set(bytes) {
            bytes?.let { NflogGroup.builder(number).bufferSize(it) } // checks the range
            field = bytes
        }

    /**
     * The longest that the kernel holds a packet for its batch to fill: the delay at low rates. A multiple of 10 ms
     * from 0 to 497 days; 100 ms by default.
     *
     * @throws IllegalArgumentException if it is set out of range, or to no such multiple
     */
    public var timeout: Duration
        get() = values.timeout().toKotlinDuration()
        set(longest) {
            builder.timeout(longest.toJavaDuration())
        }

    /**
     * The most packets that the kernel gathers before it sends them, from 1; a rule's own lower value wins. 1024 by
     * default; 1 sends each at once, at a multiple of the cost.
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
