// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.netfilter.CopyMode;
import dev.nfkit.socket.DatagramBatch;

/**
 * The maximum size of the kernel's batches, and the slots to receive them.
 *
 * <p>{@code nfulnl_alloc_skb} allocates the larger of NLBUFSIZ and the packet, and the allocator rounds up to a power
 * of two, less {@code struct skb_shared_info} (320 bytes): the kernel fills all of it, and charges all of it to the
 * receive buffer.
 */
final class BatchSize {
    private static final int SKB_SHARED_INFO = 320;
    /** The space of a packet apart from its payload: headers, a prefix of 128 bytes, a connection. */
    private static final int ATTRIBUTES = 2048;

    private static final int PREFERRED = 65536;
    /** With fewer datagrams, the receive buffer overflows in the time that waking the thread takes. */
    private static final int DATAGRAMS_WANTED = 8;

    private static final int BUFFER = 256 << 10;

    private BatchSize() {}

    /**
     * The NLBUFSIZ to request: the configured one, or the largest that lets the receive buffer hold several datagrams.
     */
    static int nlbufsiz(NflogGroup group, long receiveBuffer) {
        if (group.bufferSize().isPresent()) {
            return group.bufferSize().getAsInt();
        }
        int size = PREFERRED;
        while (size / 2 >= NflogConfig.NLBUFSIZ_MIN && (long) allocation(size) * DATAGRAMS_WANTED > receiveBuffer) {
            size /= 2;
        }
        return size;
    }

    /** The largest datagram of a group. */
    static int largestDatagram(NflogGroup group, int nlbufsiz) {
        int payload = group.copyMode() == CopyMode.PACKET ? group.copyRange() : 0;
        return allocation(Math.max(nlbufsiz, payload + ATTRIBUTES));
    }

    static int allocation(int bytes) {
        return Integer.highestOneBit(bytes + SKB_SHARED_INFO - 1) << 1;
    }

    /**
     * Slots for datagrams of that size: few, so that received data is still in the cache when it is read, but at least
     * two, so that an empty slot shows that no more datagrams wait.
     */
    static DatagramBatch batch(int largestDatagram) {
        return new DatagramBatch(Math.max(2, Math.min(32, BUFFER / largestDatagram)), largestDatagram);
    }
}
