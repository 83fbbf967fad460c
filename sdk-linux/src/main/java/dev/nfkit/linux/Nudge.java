package dev.nfkit.linux;

import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends a receive that sleeps in the kernel: asks there for the acknowledgement of a message that says nothing
 * ({@code NLMSG_NOOP}, see {@code netlink_rcv_skb} in {@code net/netlink/af_netlink.c}), which comes to the socket like
 * any datagram, and is kept from who receives. Sleeping in the receive itself spares a packet's round trip the call of
 * {@code ppoll}, with its timer a tenth of all.
 *
 * <p>An acknowledgement that finds the receive buffer full is lost as any datagram is, and what fills the buffer then
 * ends the sleep. It was no packet: {@link #lost} says by how much the kernel's count is too high.
 */
final class Nudge {
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int NUMBER = 8;
    /** Where an acknowledgement holds the type of the message that it answers: behind its header, errno and nlmsg_len. */
    private static final int ECHOED_TYPE = Netlink.NLMSG_HDRLEN + 4 + TYPE;

    private static final int SIZE = Netlink.NLMSG_HDRLEN + 4 + Netlink.NLMSG_HDRLEN;
    private static final int SEQUENCE = -1;

    private final NativeBlock message = new NativeBlock(Netlink.NLMSG_HDRLEN);
    /** Whether the receiving thread sleeps in its receive, or is about to. */
    private final AtomicBoolean asleep = new AtomicBoolean();

    /** Asked for, answered or not. */
    private volatile long asked;
    /** Asked for, and either on the socket or lost. */
    private volatile long done;

    // The receiving thread's.
    private long seen;
    private volatile long lost;

    Nudge() {
        message.bytes
                .putInt(0, Netlink.NLMSG_HDRLEN)
                .putShort(TYPE, (short) Netlink.NLMSG_NOOP)
                .putShort(FLAGS, (short) (Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK))
                .putInt(NUMBER, SEQUENCE);
    }

    /** Wakes the receiving thread, if it sleeps. Any thread that keeps the descriptor open. */
    void wake(int fd) {
        if (!asleep.get()) {
            return;
        }
        synchronized (this) {
            asked++;
            if (LibC.post(fd, message.address, Netlink.NLMSG_HDRLEN, Abi.MSG_DONTWAIT) < 0) {
                asked--; // for want of memory: the sleep ends with its slice
            } else {
                done++;
            }
        }
    }

    // --- the receiving thread's

    /** Is about to sleep; what must not be slept over is looked at behind this, and set before {@link #wake}. */
    void fallAsleep() {
        asleep.set(true);
    }

    /** Is awake. */
    void awake() {
        asleep.setRelease(false);
    }

    /** Whether acknowledgements may be among what is received. */
    boolean expected() {
        return asked != seen + lost;
    }

    /** Takes a received datagram if it is an acknowledgement of these. */
    boolean takes(ByteBuffer buffer, int offset, int length) {
        if (length < SIZE
                || host(buffer.getShort(offset + TYPE)) != Netlink.NLMSG_ERROR
                || buffer.getInt(offset + NUMBER) != SEQUENCE
                || host(buffer.getShort(offset + ECHOED_TYPE)) != Netlink.NLMSG_NOOP) {
            return false;
        }
        seen++;
        return true;
    }

    /** A number of the machine's order, read from a big-endian buffer. */
    private static int host(short read) {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? read : Short.reverseBytes(read);
    }

    /** How many were on the socket or lost already: to be asked before a look at the socket. */
    long done() {
        return done;
    }

    /** The socket was empty: what was there before and has not come was lost. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread receives at a time
    void empty(long doneBefore) {
        long missing = doneBefore - seen - lost;
        if (missing > 0) {
            lost += missing;
        }
    }

    /** How many the kernel counted as lost that were no packets. Any thread. */
    long lost() {
        return lost;
    }
}
