package dev.nfkit.testkit;

/**
 * The accounting of a netlink socket's receive buffer, as {@code netlink_attachskb} does it: a datagram is charged by
 * what it takes of memory, not by its length; a first datagram always finds room; and without NO_ENOBUFS a socket that
 * lost one takes none until it is drained. Guarded by the clock's lock.
 */
final class ReceiveBuffer {
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

    /** The memory that a datagram of a length takes. */
    static int charge(int length) {
        return SKB + SHARED_INFO + room(length);
    }

    /**
     * The memory that a datagram takes whose memory was allocated for more: where more than half of it is idle, netlink
     * gives the rest back before it delivers ({@code netlink_trim}).
     */
    static int charge(int allocated, int length) {
        int whole = charge(allocated);
        return 2 * (room(allocated) - length) < whole ? whole : charge(length);
    }

    /** The bytes that find room in memory that was asked for a length: it comes in powers of two. */
    static int room(int length) {
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

    /** Charges a datagram that waited for its room. */
    void take(int charge) {
        charged += charge;
    }

    /** Whether half of the room is free, so that a dump in progress goes on ({@code netlink_recvmsg}). */
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

    /** Counts a loss that a test wants, without congestion. */
    void count(int lost) {
        drops += lost;
    }

    /** Gives the charge of a datagram back. */
    void free(int charge) {
        charged -= charge;
        if (charged == 0) {
            congested = false;
        }
    }

    /** Takes the error that waits for the next receive (ENOBUFS). */
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
