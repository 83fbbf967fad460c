package dev.nfkit.coroutines

import dev.nfkit.AddressFamily
import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions

/**
 * How an NFLOG session shall be: its groups, its socket, and the queue between the kernel and the collector. Defaults
 * and ranges are those of [NflogOptions.Builder]; a value out of range is refused where it is set. One thread at a time.
 */
@NfkitDsl
public class NflogOptionsBuilder internal constructor() {
    private val builder = NflogOptions.builder()

    /**
     * The receive buffer to ask for, in bytes: 4096 to 1073741823; 64 MiB by default, which uses memory only while
     * packets wait. Without the right to exceed `net.core.rmem_max` the session gets what that allows and makes its
     * batches smaller; [NflogScope.receiveBuffer] tells what was reached.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var receiveBuffer: Int = DEFAULT_RECEIVE_BUFFER
        set(bytes) {
            builder.receiveBuffer(bytes)
            field = bytes
        }

    /**
     * How many batches wait for the collector at most: 1 to 1024; 16 by default. A batch is what one read of the socket
     * gave, 1 to 1024 packets and at most about 256 KiB of them. When that many wait, the reader thread stops reading
     * until one is collected; packets then wait in the kernel's receive buffer, and what no longer fits there is lost
     * and counted as [socketDrops][dev.nfkit.netfilter.Statistics.socketDrops].
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var batchCapacity: Int = BatchQueue.DEFAULT_CAPACITY
        set(batches) {
            field = BatchQueue.checkedCapacity(batches)
        }

    /**
     * Adds a group.
     *
     * @param group the group, 0 to 65535; rules name it (`--nflog-group`, `log group`)
     * @param configure sets its options
     * @throws IllegalArgumentException if it is out of range or already there
     */
    public fun group(
        group: Int,
        configure: NflogGroupBuilder.() -> Unit = {},
    ) {
        group(NflogGroupBuilder(group).apply(configure).build())
    }

    /**
     * Adds a group whose options were built before.
     *
     * @param group the group's options
     * @throws IllegalArgumentException if the group is already there
     */
    public fun group(group: NflogGroup) {
        builder.group(group)
    }

    /**
     * Claims the namespace's logger of a family, so that what the kernel itself logs arrives, in group 0: invalid
     * packets (`nf_conntrack_log_invalid`) for one. Off by default, and not needed for rules.
     *
     * It changes the namespace for everybody: another logger of that family gets nothing while the session is open. The
     * session's end puts back what stood before, unless somebody has changed it since.
     *
     * @param families one or more of IPv4, IPv6, ARP, bridge and netdev
     * @throws IllegalArgumentException if a family has no logger
     */
    public fun claimLogger(vararg families: AddressFamily) {
        builder.claimLogger(*families)
    }

    /**
     * Who is told of malformed messages, besides their being counted. By default they are logged as warnings, the first
     * and then ever more rarely.
     *
     * @param handler the handler, called on the session's reader thread, which waits for it; what it throws fails the
     *   session and reaches the collector
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
