// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps datagrams of foreign senders, senders other than the kernel, away from a socket. Once the socket is connected
 * to the kernel, the kernel itself refuses foreign unicasts, so the sender of each datagram need not be checked.
 * Foreign datagrams to a multicast group still reach its members: from the first membership on, senders are checked.
 */
final class ForeignSenders {
    /** Whether senders are checked. It is never reset: datagrams to a group may stay on the socket for a long time. */
    private volatile boolean mayCome;
    /** Counts the beginnings and ends of receives: odd while a receive is in progress, which may not check senders. */
    private final AtomicLong turn = new AtomicLong();

    private volatile long seen;

    private ForeignSenders() {}

    /** Excludes foreign senders from a bound socket over which nothing was sent to the kernel yet. */
    static ForeignSenders shutOut(int fd) {
        ForeignSenders foreignSenders = new ForeignSenders();
        if (Descriptor.connect(fd)) {
            foreignSenders.discard(fd);
        } else {
            foreignSenders.mayCome = true;
        }
        return foreignSenders;
    }

    /** Datagrams received between bind and connect are not answers of the kernel. */
    private void discard(int fd) {
        NativeBlock nothing = new NativeBlock(8);
        boolean more = true;
        while (more) {
            if (LibC.recv(fd, nothing.address, 0, Abi.MSG_DONTWAIT) >= 0) {
                count();
            } else {
                Errno errno = Machine.errno();
                more = errno.equals(Errno.ENOBUFS) || errno.equals(Errno.EINTR);
            }
        }
        nothing.keep();
    }

    /**
     * Receives available datagrams into a maximum number of slots; returns their number, or −1 with errno. Called by
     * the receiving thread.
     */
    int receive(int fd, ReceiveSlots slots, int most, int flags) {
        long own = turn.get() + 1;
        turn.set(own); // before it reads mayCome; mayCome() does both in the opposite order
        try {
            return slots.receive(fd, most, flags, mayCome);
        } finally {
            turn.setRelease(own + 1);
        }
    }

    /**
     * Checks senders from now on. A receive in progress has ended when this returns, although another one may sleep.
     */
    void mayCome(int fd, Nudge nudge) {
        mayCome = true;
        long now = turn.get();
        if ((now & 1) != 0) {
            nudge.wake(fd);
            while (turn.get() == now) {
                Thread.onSpinWait();
            }
        }
    }

    /** Counts a datagram of a foreign sender. Called by the receiving thread. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread receives at a time
    void count() {
        seen++;
    }

    /** The number of datagrams from foreign senders. */
    long seen() {
        return seen;
    }
}
