package dev.nfkit.trace;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where the entries of recorded sockets go: {@link TraceWriter} writes them to a file at once, {@link FlightRecorder}
 * keeps the last of them in memory. Safe for any number of threads: entries stand in the order of the calls.
 *
 * <p>Times are nanoseconds since 1970; what is negative counts as 0.
 */
public interface TraceSink {
    /**
     * Begins with a socket that was opened. What it sends and receives is told apart from that of all others, of the
     * same port id too, as a port id may be used again.
     *
     * @param protocol the socket's netlink protocol, 0 to 65535
     * @param portId its port id, 0 to 2³²−1
     * @return takes the socket's entries
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if a number is out of range
     */
    Socket socket(int protocol, long portId) throws IOException;

    /**
     * Takes a remark that belongs to no socket.
     *
     * @param epochNanos when
     * @param protocol a netlink protocol, 0 to 65535, which an entry has to have
     * @param text the remark, at most 65535 bytes of UTF-8
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the text is too long
     */
    void note(long epochNanos, int protocol, String text) throws IOException;

    /**
     * Brings all that was taken to its place, where that is not done at once.
     *
     * @throws IOException if writing fails
     */
    void flush() throws IOException;

    /**
     * How many of the entries that were taken are not known to have reached their place: lost, where writing failed.
     *
     * @return a count
     */
    long pendingEntries();

    /** Takes the entries of one socket. Safe for any number of threads. */
    interface Socket {
        /**
         * Takes a datagram that is sent to the kernel.
         *
         * @param epochNanos when
         * @param datagram the bytes from its position to its limit, which stay as they are
         * @throws IOException if writing fails
         */
        void toKernel(long epochNanos, ByteBuffer datagram) throws IOException;

        /**
         * Takes a datagram that came from the kernel.
         *
         * @param epochNanos when it was received; all datagrams of one receive have the same time
         * @param source where its bytes are; its position and limit are not used
         * @param offset the first byte, from the buffer's start
         * @param length how many bytes
         * @param truncated whether the datagram's end is missing
         * @throws IOException if writing fails
         * @throws IndexOutOfBoundsException if the bytes are not all in the buffer
         */
        void fromKernel(long epochNanos, ByteBuffer source, int offset, int length, boolean truncated)
                throws IOException;

        /**
         * Takes that the socket reported a loss (ENOBUFS).
         *
         * @param epochNanos when
         * @param drops how many datagrams the socket has lost since it was opened; negative where it is not known
         * @throws IOException if writing fails
         */
        void overrun(long epochNanos, long drops) throws IOException;

        /**
         * Takes a remark about the socket, such as an option that was set.
         *
         * @param epochNanos when
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
