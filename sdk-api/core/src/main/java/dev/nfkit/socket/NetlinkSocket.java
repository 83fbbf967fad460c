// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One netlink socket. Every implementation follows these rules; one contract test verifies them for all.
 *
 * <ol>
 *   <li>Sending and receiving may run at the same time. Only one thread may receive at a time; any number may send. A
 *       blocked receive never blocks a send.
 *   <li>A {@link #wakeup} before {@link #receive} makes the next receive return 0 at once, as a Selector does. Several
 *       wakeups before it count as one.
 *   <li>ENOBUFS does not throw: it marks the batch as overrun. Loss is part of the stream.
 *   <li>An interrupted system call is repeated within the same deadline. Interrupting the thread does not unblock a
 *       receive; {@link #wakeup} does.
 *   <li>A datagram that was larger than its slot is marked as truncated, never handed out as if it were whole. A
 *       datagram from a foreign sender, one other than the kernel, is never handed out: the kernel refuses it when it
 *       is sent, or the socket drops it and counts it in {@link #foreign}.
 *   <li>{@link #close} from any thread makes a blocked receive return −1, waits for the calls in flight to return, and
 *       only then frees the descriptor, so that no other file can get a number that is still in use.
 * </ol>
 *
 * <p>After close, receive returns −1; send, the options and the filter throw {@link dev.nfkit.SystemCallException} with
 * EBADF, and the counters keep their last values.
 */
public interface NetlinkSocket extends AutoCloseable {
    /**
     * The socket's netlink address.
     *
     * @return the port id, 1 to 2³²−1; not always a process id
     */
    long portId();

    /**
     * The byte order of headers.
     *
     * @return the machine's own, or that of the recording
     */
    ByteOrder order();

    /**
     * Sends one datagram to the kernel. Any number of threads may send at once.
     *
     * @param datagram the bytes from its position to its limit, which stay as they are; a direct buffer is sent without
     *     a copy
     * @throws NetlinkException if the system refuses it: EMSGSIZE if it exceeds the send buffer, EBADF if the socket is
     *     closed
     */
    void send(ByteBuffer datagram) throws NetlinkException;

    /**
     * Waits for datagrams and receives as many as are available and fit. If datagrams have arrived one at a time, it
     * may receive the first alone, except after an overrun: then a batch that is not full means that the socket was
     * empty. One thread at a time.
     *
     * @param batch the batch to fill; it is cleared first
     * @param timeoutNanos the longest wait in nanoseconds; 0 does not wait, negative waits without bound
     * @return the number of datagrams in the batch, at least 1; 0 on timeout, on wakeup, or if there is only an overrun
     *     to report; −1 if the socket is closed or a recording has ended
     * @throws NetlinkException if the system fails otherwise
     * @throws IllegalStateException if another thread is receiving
     */
    int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException;

    /**
     * Sets an option.
     *
     * @param option the option
     * @param value a size in bytes, or 1 for on and 0 for off, or a multicast group's number, from 1
     * @throws NetlinkException if the system refuses it: EINVAL for a multicast group that the protocol does not have,
     *     EPERM for one that this process may not join
     * @throws IllegalArgumentException if the value is out of the option's range
     */
    void set(SocketOption option, int value) throws NetlinkException;

    /**
     * Returns an option's value in force, which for a buffer may be less than was set.
     *
     * @param option the option
     * @return a size in bytes as the kernel counts it, or 1 for on and 0 for off
     * @throws NetlinkException if the system refuses it
     * @throws IllegalArgumentException if the option can only be set, as memberships are
     */
    int get(SocketOption option) throws NetlinkException;

    /**
     * Replaces the filter that selects the messages that the kernel puts on this socket. The filter applies to messages
     * that the kernel sends from now on. Messages that are already on the socket stay there; a caller that must not
     * process them checks each with {@link EventFilter#matches}. A message that a filter rejects takes no space in the
     * receive buffer and is not counted as a drop. Any thread.
     *
     * <p>On Linux it becomes a program of classic BPF ({@code SO_ATTACH_FILTER}, socket(7)). A replay returns what was
     * recorded, whatever the filter.
     *
     * @param filter the filter, or null for none
     * @throws NetlinkException if the system refuses it: ENOMEM if it exceeds {@code net.core.optmem_max}
     * @throws IllegalArgumentException if it is larger than the system's filters can be, naming both sizes
     */
    void filter(@Nullable EventFilter filter) throws NetlinkException;

    /**
     * The exact number of datagrams that were lost because the receive buffer was full ({@code SK_MEMINFO_DROPS}). If
     * NO_ENOBUFS is on, a wakeup or close during which the buffer was full may be included until the socket was empty.
     *
     * @return a count since the socket was opened
     */
    long drops();

    /**
     * The number of datagrams that were dropped because they came from a foreign sender. It does not include datagrams
     * that a filter rejected or that the kernel refused when they were sent. Because the socket is connected to the
     * kernel, Linux refuses all foreign datagrams except those that are sent to a multicast group that this socket has
     * joined.
     *
     * @return a count since the socket was opened
     */
    long foreign();

    /**
     * Makes the receive in progress, or otherwise the next one, return 0. Any thread; idempotent until a receive has
     * returned for it.
     */
    void wakeup();

    /** Closes the socket. Any thread; idempotent; returns after the descriptor was freed. */
    @Override
    void close();
}
