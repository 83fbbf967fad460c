package dev.nfkit.socket;

import dev.nfkit.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One netlink socket. Every implementation keeps these rules; one contract test proves them on all.
 *
 * <ol>
 *   <li>Sending and receiving may run at once. Receiving is one thread's at a time; sending is any number's. A blocked
 *       receive never blocks a send.
 *   <li>A {@link #wakeup} before {@link #receive} makes the next receive return 0 at once, as a Selector does. Several
 *       wakeups before it count as one.
 *   <li>ENOBUFS is no exception: it marks the batch as overrun. Loss is a fact in the stream.
 *   <li>An interrupted system call is tried again within the same deadline. Interrupting the thread does not unblock a
 *       receive; {@link #wakeup} does.
 *   <li>A datagram that was larger than its slot is marked as truncated, never handed out as if it were whole. A
 *       datagram whose sender is not the kernel is never handed out: it is refused to its sender, or dropped and counted
 *       by {@link #foreign}.
 *   <li>{@link #close} from any thread makes a blocked receive return −1, waits for the calls in flight to leave, and
 *       only then frees the descriptor, so that no other file can take a number that is still in use.
 * </ol>
 *
 * <p>After close, receive returns −1, send, the options and the filter throw {@link dev.nfkit.SystemCallException} with EBADF, and
 * the counters keep their last values.
 */
public interface NetlinkSocket extends AutoCloseable {
    /**
     * The socket's address, by which the kernel knows it.
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
     * @throws NetlinkException if the system refuses it: EMSGSIZE where it exceeds the send buffer, EBADF where the
     *     socket is closed
     */
    void send(ByteBuffer datagram) throws NetlinkException;

    /**
     * Waits for datagrams and takes as many as are there and fit. Where they have come one at a time, it may take the first
     * alone, but never behind an overrun, where a batch with room left says that the socket was empty. One thread at a
     * time.
     *
     * @param batch what to fill; it is cleared first
     * @param timeoutNanos the longest wait in nanoseconds; 0 does not wait, negative waits without bound
     * @return how many datagrams the batch holds, 1 and more; 0 on timeout, on wakeup, or with only an overrun to
     *     report; −1 when the socket is closed or a recording has ended
     * @throws NetlinkException if the system fails otherwise
     * @throws IllegalStateException if another thread is receiving
     */
    int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException;

    /**
     * Sets an option.
     *
     * @param option which
     * @param value a size in bytes, or 1 for on and 0 for off, or a multicast group's number, from 1
     * @throws NetlinkException if the system refuses it: EINVAL for a multicast group that the protocol does not have,
     *     EPERM for one that is not this process's to join
     * @throws IllegalArgumentException if the value is out of the option's range
     */
    void set(SocketOption option, int value) throws NetlinkException;

    /**
     * Asks for an option's value in force, which for a buffer may be less than was set.
     *
     * @param option which
     * @return a size in bytes as the kernel counts it, or 1 for on and 0 for off
     * @throws NetlinkException if the system refuses it
     * @throws IllegalArgumentException if the option can only be set, as memberships are
     */
    int get(SocketOption option) throws NetlinkException;

    /**
     * Sets which messages the kernel puts on this socket, in place of the filter before. It holds for what the kernel
     * sends from now on; what is already on the socket stays there, so that a caller who must not see it looks with
     * {@link EventFilter#matches}. What a filter turns away takes no room in the receive buffer and counts as no drop.
     * Any thread.
     *
     * <p>On Linux it becomes a program of classic BPF ({@code SO_ATTACH_FILTER}, socket(7)). A replay gives what was
     * recorded, whatever the filter.
     *
     * @param filter the filter, or null for none
     * @throws NetlinkException if the system refuses it: ENOMEM where it exceeds {@code net.core.optmem_max}
     * @throws IllegalArgumentException if it is larger than the system's filters can be, naming both sizes
     */
    void filter(@Nullable EventFilter filter) throws NetlinkException;

    /**
     * How many datagrams were lost because the receive buffer was full, exactly ({@code SK_MEMINFO_DROPS}). Where
     * NO_ENOBUFS is on it may be too high by a wakeup or close that met the full buffer, until the socket was empty.
     *
     * @return a count since the socket was opened
     */
    long drops();

    /**
     * How many datagrams were dropped because their sender was not the kernel. One that a filter turned away is not
     * among them, nor one that the system refused to its sender: Linux does that with all but what is sent to a multicast
     * group of this socket's, since the socket is connected to the kernel.
     *
     * @return a count since the socket was opened
     */
    long foreign();

    /** Makes the receive in progress, or else the next one, return 0. Any thread; idempotent until taken. */
    void wakeup();

    /** Closes the socket. Any thread; idempotent; returns when the descriptor is free. */
    @Override
    void close();
}
