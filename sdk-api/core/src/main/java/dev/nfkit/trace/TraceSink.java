// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The target of recorded entries: {@link TraceWriter} writes them to a file, {@link FlightRecorder} keeps the last of
 * them in memory. Safe for any number of threads: entries are in the order of the calls.
 *
 * <p>Times are nanoseconds since 1970; a negative time counts as 0.
 */
public interface TraceSink {
    /**
     * Begins the record of an opened socket. Its entries are distinguished from those of all other sockets, even of one
     * with the same port id, because a port id may be reused.
     *
     * @param protocol the socket's netlink protocol, 0 to 65535
     * @param portId its port id, 0 to 2³²−1
     * @return the target of the socket's entries
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if a number is out of range
     */
    Socket socket(int protocol, long portId) throws IOException;

    /**
     * Adds a remark that belongs to no socket.
     *
     * @param epochNanos its time
     * @param protocol a netlink protocol for the entry, 0 to 65535
     * @param text the remark, at most 65535 bytes of UTF-8
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the text is too long
     */
    void note(long epochNanos, int protocol, String text) throws IOException;

    /**
     * Writes all buffered entries, if the sink buffers.
     *
     * @throws IOException if writing fails
     */
    void flush() throws IOException;

    /**
     * The number of entries that are not known to be written. If writing failed, they are lost.
     *
     * @return a count
     */
    long pendingEntries();

    /** The target of one socket's entries. Safe for any number of threads. */
    interface Socket {
        /**
         * Adds a datagram that is sent to the kernel.
         *
         * @param epochNanos its time
         * @param datagram the bytes from its position to its limit, which do not change
         * @throws IOException if writing fails
         */
        void toKernel(long epochNanos, ByteBuffer datagram) throws IOException;

        /**
         * Adds a datagram from the kernel.
         *
         * @param epochNanos the time of receipt; all datagrams of one receive have the same time
         * @param source the buffer that holds its bytes; its position and limit are not used
         * @param offset the first byte, from the buffer's start
         * @param length the number of bytes
         * @param truncated whether the datagram's end is missing
         * @throws IOException if writing fails
         * @throws IndexOutOfBoundsException if the bytes are not all in the buffer
         */
        void fromKernel(long epochNanos, ByteBuffer source, int offset, int length, boolean truncated)
                throws IOException;

        /**
         * Adds a loss that the socket reported (ENOBUFS).
         *
         * @param epochNanos its time
         * @param drops the number of datagrams that the socket has lost since it was opened; negative if it is not
         *     known
         * @throws IOException if writing fails
         */
        void overrun(long epochNanos, long drops) throws IOException;

        /**
         * Adds a remark about the socket, such as an option that was set.
         *
         * @param epochNanos its time
         * @param text the remark, at most 65535 bytes of UTF-8
         * @throws IOException if writing fails
         * @throws IllegalArgumentException if the text is too long
         */
        void note(long epochNanos, String text) throws IOException;

        /**
         * The socket was closed: nothing follows. Idempotent.
         *
         * @throws IOException if writing fails
         */
        void closed() throws IOException;
    }
}
