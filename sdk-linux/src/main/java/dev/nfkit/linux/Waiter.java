// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;

/**
 * Waits for a socket or an eventfd by {@code ppoll}, whose timeout is in nanoseconds, and reads the wall clock. Its
 * memory belongs to the receiving thread; any thread may signal the eventfd.
 */
final class Waiter {
    static final int SOCKET = 1;
    static final int EVENT = 2;

    private static final int TIMESPEC = 2 * Abi.POLLFD_SIZE;
    private static final int CLOCK = TIMESPEC + Abi.TIMESPEC_SIZE;
    private static final int COUNTER = CLOCK + Abi.TIMESPEC_SIZE;
    private static final long NANOS = 1_000_000_000L;
    /** The time for which the monotonic clock is assumed to run like the wall clock. */
    private static final long LOOK_NANOS = 50_000_000;
    /** The longest read of the wall clock that is exact enough. */
    private static final long LOOK_TOOK_NANOS = 20_000;

    private final int event;
    private final NativeBlock block = new NativeBlock(COUNTER + 8);
    private final NativeBlock one = new NativeBlock(8);

    // The state of the wall clock.
    private boolean looked;
    private long lookedAt;
    /** Its difference from the monotonic clock. */
    private long difference;

    Waiter(int fd, int event) {
        this.event = event;
        block.bytes.putInt(Abi.POLLFD_FD, fd);
        block.bytes.putShort(Abi.POLLFD_EVENTS, Abi.POLLIN);
        block.bytes.putInt(Abi.POLLFD_SIZE + Abi.POLLFD_FD, event);
        block.bytes.putShort(Abi.POLLFD_SIZE + Abi.POLLFD_EVENTS, Abi.POLLIN);
        one.bytes.putLong(0, 1);
    }

    /**
     * Waits; returns {@link #SOCKET}, {@link #EVENT}, both, or 0 on timeout or interruption. Negative waits without
     * bound.
     */
    int await(long nanos) throws NetlinkException {
        long timeout = 0;
        if (nanos >= 0) {
            block.bytes.putLong(TIMESPEC + Abi.TV_SEC, nanos / NANOS);
            block.bytes.putLong(TIMESPEC + Abi.TV_NSEC, nanos % NANOS);
            timeout = block.address + TIMESPEC;
        }
        int count = LibC.ppoll(block.address, 2, timeout, 0);
        if (count <= 0) {
            if (count < 0) {
                Errno errno = Machine.errno();
                if (!errno.equals(Errno.EINTR)) {
                    throw new SystemCallException("ppoll", errno, null);
                }
            }
            return 0;
        }
        return (block.bytes.getShort(Abi.POLLFD_REVENTS) != 0 ? SOCKET : 0)
                | (block.bytes.getShort(Abi.POLLFD_SIZE + Abi.POLLFD_REVENTS) != 0 ? EVENT : 0);
    }

    /** Waits until a socket accepts a datagram, up to a time. */
    static void awaitWritable(int fd, long nanos) {
        NativeBlock block = new NativeBlock(Abi.POLLFD_SIZE + Abi.TIMESPEC_SIZE);
        block.bytes.putInt(Abi.POLLFD_FD, fd);
        block.bytes.putShort(Abi.POLLFD_EVENTS, Abi.POLLOUT);
        block.bytes.putLong(Abi.POLLFD_SIZE + Abi.TV_NSEC, nanos);
        int unused = LibC.ppoll(block.address, 1, block.address + Abi.POLLFD_SIZE, 0);
        block.keep();
    }

    /** Makes the eventfd readable. Any thread. */
    void signalEvent() {
        // It cannot fail: the counter would have to reach 2⁶⁴−2.
        long unused = LibC.signal(event, one.address, 8);
    }

    /** Makes the eventfd unreadable. */
    void drainEvent() {
        long unused = LibC.read(event, block.address + COUNTER, 8);
    }

    /**
     * Nanoseconds since 1970, without the allocation of an Instant and mostly without a call: between two reads of the
     * system's clock, the monotonic clock is used, at the same rate. A change of the clock is noticed by the next read.
     */
    long wallClock() {
        long now = System.nanoTime();
        if (looked && now - lookedAt < LOOK_NANOS) {
            return now + difference;
        }
        return lookAtClock(now);
    }

    private long lookAtClock(long nanoTime) {
        int unused = LibC.clock_gettime(Abi.CLOCK_REALTIME, block.address + CLOCK);
        long wall = block.bytes.getLong(CLOCK + Abi.TV_SEC) * NANOS + block.bytes.getLong(CLOCK + Abi.TV_NSEC);
        long took = System.nanoTime() - nanoTime;
        // If the thread was preempted in between, the time of this reading is unknown.
        looked = took < LOOK_TOOK_NANOS;
        lookedAt = nanoTime;
        difference = wall - nanoTime - took / 2;
        return wall;
    }
}
