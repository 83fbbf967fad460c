package dev.nfkit.linux;

import dev.nfkit.Errno;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps datagrams of others than the kernel from a socket. Others' unicasts the kernel itself refuses once the socket is
 * connected to it, so that each datagram's sender need not be asked for. What processes send to a multicast group comes
 * to its members all the same: with the first membership senders are asked for.
 */
final class Strangers {
    /** Whether senders are asked for. It is never taken back: what was sent to a group may lie on the socket for long. */
    private volatile boolean mayCome;
    /** Counts the beginnings and ends of receives: odd while one is under way, which may not ask for them. */
    private final AtomicLong turn = new AtomicLong();

    private volatile long seen;

    private Strangers() {}

    /** Shuts them out of a socket that is bound, and on which the kernel has been asked for nothing yet. */
    static Strangers shutOut(int fd) {
        Strangers strangers = new Strangers();
        if (Descriptor.connect(fd)) {
            strangers.discard(fd);
        } else {
            strangers.mayCome = true;
        }
        return strangers;
    }

    /** What came between bind and connect is no answer of the kernel's. */
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

    /** Takes what is there into so many slots at most; how many, or −1 with errno. The receiving thread's. */
    int receive(int fd, ReceiveSlots slots, int most, int flags) {
        long own = turn.get() + 1;
        turn.set(own); // before it looks at mayCome, as mayCome() looks the other way round
        try {
            return slots.receive(fd, most, flags, mayCome);
        } finally {
            turn.setRelease(own + 1);
        }
    }

    /** Has senders asked for from now on; a receive under way has ended when this returns, though another may sleep. */
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

    /** Counts one whose sender was another. The receiving thread's. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread receives at a time
    void count() {
        seen++;
    }

    /** How many came. */
    long seen() {
        return seen;
    }
}
