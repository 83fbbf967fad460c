// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends a receive that sleeps in the kernel. It requests the acknowledgement of an empty message ({@code NLMSG_NOOP},
 * see {@code netlink_rcv_skb} in {@code net/netlink/af_netlink.c}). The acknowledgement arrives at the socket like any
 * datagram and is not delivered. Sleeping in the receive itself saves the call of {@code ppoll}, which with its timer
 * takes a tenth of a packet's round trip.
 *
 * <p>If the receive buffer is full, an acknowledgement is lost like any datagram, and the datagrams in the buffer end
 * the sleep. Because it was not a packet, {@link #lost} is the number by which the kernel's count is too high.
 */
final class Nudge {
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int NUMBER = 8;
    /**
     * The offset in an acknowledgement of the type of the answered message: after its header, errno and nlmsg_len.
     */
    private static final int ECHOED_TYPE = Netlink.NLMSG_HDRLEN + 4 + TYPE;

    private static final int SIZE = Netlink.NLMSG_HDRLEN + 4 + Netlink.NLMSG_HDRLEN;
    private static final int SEQUENCE = -1;

    private final NativeBlock message = new NativeBlock(Netlink.NLMSG_HDRLEN);
    /** Whether the receiving thread sleeps in its receive, or is about to. */
    private final AtomicBoolean asleep = new AtomicBoolean();

    /** The number of requested acknowledgements, answered or not. */
    private volatile long asked;
    /** The number of acknowledgements that are on the socket or lost. */
    private volatile long done;

    // Used by the receiving thread only.
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
                asked--; // for lack of memory: the sleep ends with its slice
            } else {
                done++;
            }
        }
    }

    // --- the receiving thread's

    /**
     * Called before a sleep. Conditions that must end the sleep are checked after this call, and set before {@link
     * #wake}.
     */
    void fallAsleep() {
        asleep.set(true);
    }

    /** Called after a sleep. */
    void awake() {
        asleep.setRelease(false);
    }

    /** Whether received datagrams may include acknowledgements. */
    boolean expected() {
        return asked != seen + lost;
    }

    /** Takes a received datagram if it is such an acknowledgement. */
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

    /** The number of acknowledgements on the socket or lost; to be read before the socket. */
    long done() {
        return done;
    }

    /** The socket was empty: acknowledgements that were sent before and not received are lost. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread receives at a time
    void empty(long doneBefore) {
        long missing = doneBefore - seen - lost;
        if (missing > 0) {
            lost += missing;
        }
    }

    /** The number of datagrams that the kernel counted as lost and that were not packets. Any thread. */
    long lost() {
        return lost;
    }
}
