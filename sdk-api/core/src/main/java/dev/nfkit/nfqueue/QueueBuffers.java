// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.CopyMode;
import dev.nfkit.socket.DatagramBatch;

/** The size of the receive buffer, and the slots to receive packets. */
final class QueueBuffers {
    /** The part of the send buffer that a datagram must not use ({@code netlink_sendmsg}). */
    static final int SEND_RESERVE = 32;

    private static final long LARGEST = 64 << 20;
    private static final int SMALLEST = 1 << 20;
    /** What the kernel adds to a packet's bytes: headers, attributes, {@code struct skb_shared_info}. */
    private static final int OVERHEAD = 520;

    private static final int SKB = 256;
    /** The usual maximum length of packets, unless segments are delivered unchanged. */
    private static final int USUAL = 1500;

    private static final int ATTRIBUTES = 1024;
    private static final int CONNECTION = 1024;
    private static final int SECURITY_CONTEXT = 4096;
    private static final int LINE = 64;
    /** The number of large segments that stay in the cache until they are read. */
    private static final int SEGMENTS = 16;

    private QueueBuffers() {}

    /**
     * The size that the kernel charges to the receive buffer for the maximum number of waiting packets, within bounds.
     */
    static int receiveBuffer(NfqueueOptions options) {
        long sum = 0;
        for (NfqueueQueue queue : options.queues()) {
            sum += (long) queue.maximumLength() * charge(queue);
        }
        return (int) Math.max(SMALLEST, Math.min(LARGEST, sum));
    }

    /** What the kernel charges for one packet: the power of two that it allocates, and its own structure. */
    static int charge(NfqueueQueue queue) {
        int most = queue.gso() ? queue.copyRange() : Math.min(queue.copyRange(), USUAL);
        int copied = queue.copyMode() == CopyMode.PACKET ? most : 0;
        return (Integer.highestOneBit(copied + OVERHEAD - 1) << 1) + SKB;
    }

    /** Slots that hold any datagram of these queues. */
    static DatagramBatch batch(NfqueueOptions options) {
        int slot = 0;
        boolean gso = false;
        for (NfqueueQueue queue : options.queues()) {
            slot = Math.max(slot, datagram(queue));
            gso |= queue.gso();
        }
        int slots = gso ? Math.min(SEGMENTS, options.batchSize()) : options.batchSize();
        // An odd number of cache lines: with a power of two, the headers of all packets would map to the same few cache
        // sets.
        int lines = ((slot + LINE - 1) / LINE) | 1;
        return new DatagramBatch(slots, lines * LINE);
    }

    /** The largest datagram of a queue. */
    static int datagram(NfqueueQueue queue) {
        return ATTRIBUTES
                + (queue.conntrack() ? CONNECTION : 0)
                + (queue.securityContext() ? SECURITY_CONTEXT : 0)
                + (queue.copyMode() == CopyMode.PACKET ? queue.copyRange() : 0);
    }
}
