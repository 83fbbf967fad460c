// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.netfilter.CopyMode
import dev.nfkit.nfqueue.NfqueueQueue

/**
 * The options of one NFQUEUE queue. Defaults and ranges are those of [NfqueueQueue.Builder]; a value out of range is
 * refused when it is set. One thread at a time.
 */
@NfkitDsl
public class NfqueueQueueBuilder internal constructor(
    private val builder: NfqueueQueue.Builder,
) {
    internal constructor(queue: Int) : this(NfqueueQueue.builder(queue))

    private val values: NfqueueQueue get() = builder.build()

    /**
     * The part of a packet that is copied; [CopyMode.PACKET] by default. With META a decider gets marks, devices and
     * hooks, at the lowest cost.
     *
     * @throws IllegalArgumentException if it is set to NONE, in which the kernel refuses to queue anything
     */
    public var copyMode: CopyMode
        get() = values.copyMode()
        set(mode) {
            builder.copyMode(mode)
        }

    /**
     * The most bytes of a packet that are copied, from its network header on: 0 to 65531, if 0 means the most. A
     * packet that is longer arrives [truncated][dev.nfkit.nfqueue.QueuedPacket.truncated]; bytes that were not copied
     * stay unchanged, unless the verdict replaces the payload. By default the most.
     *
     * @throws IllegalArgumentException if it is set out of range
     */
    public var copyRange: Int
        get() = values.copyRange()
        set(bytes) {
            builder.copyRange(bytes)
        }

    /**
     * The maximum number of packets that wait for their verdict, from 1. If the queue is full, further packets are
     * dropped, or with [failOpen] pass. 1024 by default, as in the kernel; bursts and slow deciders need more.
     *
     * @throws IllegalArgumentException if it is set to less than 1
     */
    public var maximumLength: Int
        get() = values.maximumLength()
        set(packets) {
            builder.maximumLength(packets)
        }

    /**
     * Whether packets pass undecided if the queue or the receive buffer is full. Off by default: they are dropped. The
     * kernel does not count packets that pass a full queue; packets that pass a full receive buffer are
     * [counted][dev.nfkit.nfqueue.NfqueueStatistics.bypassed].
     */
    public var failOpen: Boolean
        get() = values.failOpen()
        set(on) {
            builder.failOpen(on)
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

    /**
     * Whether large segments are delivered unchanged: packets of up to 64 KiB, at a fraction of the cost, whose
     * checksums may [not be computed yet][dev.nfkit.nfqueue.QueuedPacket.checksumNotReady]. Off by default: the kernel
     * cuts segments into packets and computes checksums.
     */
    public var gso: Boolean
        get() = values.gso()
        set(on) {
            builder.gso(on)
        }

    /** Whether packets carry user and group of the sending socket's owner. Off by default. */
    public var uidGid: Boolean
        get() = values.uidGid()
        set(on) {
            builder.uidGid(on)
        }

    /**
     * Whether packets carry their security context. Off by default. Kernels without `CONFIG_NETWORK_SECMARK` refuse it
     * with EOPNOTSUPP when the session is opened.
     */
    public var securityContext: Boolean
        get() = values.securityContext()
        set(on) {
            builder.securityContext(on)
        }

    internal fun build(): NfqueueQueue = builder.build()
}
