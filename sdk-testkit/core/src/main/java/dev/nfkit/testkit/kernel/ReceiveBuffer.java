// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

/**
 * The accounting of a netlink socket's receive buffer, as in {@code netlink_attachskb}. A datagram is charged with the
 * memory that it occupies, not with its length. A first datagram always fits. Without NO_ENOBUFS, a socket that lost a
 * datagram accepts none until it is drained. Guarded by the clock's lock.
 */
public final class ReceiveBuffer {
    /** {@code struct skb_shared_info} and {@code struct sk_buff} on a 64-bit machine, cache-aligned. */
    static final int SHARED_INFO = 320;

    private static final int SKB = 256;
    private static final int SMALL_HEAD = 576;

    private long size = 212_992;
    private long charged;
    private long drops;
    private boolean quiet;
    private boolean congested;
    private boolean pendingError;

    /** The memory that a datagram of a given length occupies. */
    static int charge(int length) {
        return SKB + SHARED_INFO + space(length);
    }

    /**
     * The memory of a datagram that was allocated larger. If more than half of the allocation is unused, netlink frees
     * the rest before delivery ({@code netlink_trim}).
     */
    static int charge(int allocated, int length) {
        int whole = charge(allocated);
        return 2 * (space(allocated) - length) < whole ? whole : charge(length);
    }

    /** The bytes that fit into an allocation of a given length: memory is allocated in powers of two. */
    public static int space(int length) {
        int head = ((length + 63) & ~63) + SHARED_INFO;
        return (head <= SMALL_HEAD ? SMALL_HEAD : Integer.highestOneBit(head - 1) << 1) - SHARED_INFO;
    }

    /** Charges a datagram, or counts it as lost. */
    boolean admit(int charge) {
        if ((charged > 0 && charged + charge > size) || congested) {
            lose(1);
            return false;
        }
        charged += charge;
        return true;
    }

    /** Charges a datagram that waited for space. */
    void take(int charge) {
        charged += charge;
    }

    /** Whether half of the space is free, so that a dump in progress continues ({@code netlink_recvmsg}). */
    boolean halfFree() {
        return charged <= size / 2;
    }

    private void lose(int count) {
        drops += count;
        if (!quiet && !congested) {
            congested = true;
            pendingError = true;
        }
    }

    /** Counts a loss that a test requests, without congestion. */
    void count(int lost) {
        drops += lost;
    }

    /** Refunds the charge of a datagram. */
    void free(int charge) {
        charged -= charge;
        if (charged == 0) {
            congested = false;
        }
    }

    /** Takes the error for the next receive (ENOBUFS). */
    boolean takeError() {
        boolean error = pendingError;
        pendingError = false;
        return error;
    }

    boolean quiet() {
        return quiet;
    }

    void quiet(boolean on) {
        quiet = on;
        if (on) {
            congested = false;
        }
    }

    long size() {
        return size;
    }

    void size(long bytes) {
        size = bytes;
    }

    long drops() {
        return drops;
    }
}
