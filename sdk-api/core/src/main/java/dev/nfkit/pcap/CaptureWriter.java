package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a capture file. Packets gather in a buffer and leave in large writes; only whole packets leave, so that the
 * file is valid after each {@link #flush}, even if the process is killed then. One thread at a time.
 *
 * <p>A failed write (a full disk, a reader of the pipe that went away) is thrown as the IOException it is. From then on
 * the writer writes nothing more: each further call throws. {@link #validBytes} then tells to what length the file is to
 * be cut so that it holds whole packets only, and {@link #validPackets} how many they are.
 *
 * <p>An interrupt of the writing thread, before a write or during it, neither ends the file nor gets lost: the flag is set
 * when the call returns. This holds for files ({@link java.nio.channels.FileChannel}, {@link java.io.FileOutputStream}),
 * which a daemon thread writes while the caller waits. Another interruptible channel is closed by an interrupt that comes
 * during a write, as its contract says, and the write fails.
 */
public interface CaptureWriter extends Closeable, Flushable {
    /** The most bytes of a packet: libpcap and Wireshark refuse to read larger ones. */
    int MAX_PACKET = 262_144;

    /** {@code epb_flags} of a packet that came in. */
    long INBOUND = 1;
    /** {@code epb_flags} of a packet that went out. */
    long OUTBOUND = 2;

    /**
     * Declares where packets come from. Before the first packet of that interface; at any time before close.
     *
     * @param iface the interface
     * @return its number in this file, from 0, for {@link #packet}
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if the format cannot hold it: a text longer than 65535 bytes, or in a classic
     *     file a second link type
     */
    int addInterface(CaptureInterface iface) throws IOException;

    /**
     * Writes a packet. Allocates nothing.
     *
     * @param interfaceId a number that {@link #addInterface} gave
     * @param epochNanos when, in nanoseconds since 1970, from 0; a classic file holds times before 2106
     * @param source where its bytes are; its position and limit are not used
     * @param offset the first byte, from the buffer's start
     * @param length how many bytes, 0 to {@link #MAX_PACKET}
     * @param originalLength how long the packet was before it was cut, at most 2³²−1; less than {@code length} counts
     *     as {@code length}
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if a number is out of range
     * @throws IndexOutOfBoundsException if the bytes are not all in the buffer
     */
    default void packet(
            int interfaceId, long epochNanos, ByteBuffer source, int offset, int length, long originalLength)
            throws IOException {
        packet(interfaceId, epochNanos, source, offset, length, originalLength, 0, null);
    }

    /**
     * Writes a packet with its flags and a comment, both of which a classic file can't hold and leaves out. Allocates
     * nothing, unless the comment is not ASCII.
     *
     * @param interfaceId a number that {@link #addInterface} gave
     * @param epochNanos when, in nanoseconds since 1970, from 0; a classic file holds times before 2106
     * @param source where its bytes are; its position and limit are not used
     * @param offset the first byte, from the buffer's start
     * @param length how many bytes, 0 to {@link #MAX_PACKET}
     * @param originalLength how long the packet was before it was cut, at most 2³²−1; less than {@code length} counts
     *     as {@code length}
     * @param flags {@code epb_flags}: {@link #INBOUND}, {@link #OUTBOUND}, or 0 for none; at most 2³²−1
     * @param comment {@code opt_comment}, at most 65535 bytes of UTF-8; or null. It may change after the call
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if a number is out of range
     * @throws IndexOutOfBoundsException if the bytes are not all in the buffer
     */
    void packet(
            int interfaceId,
            long epochNanos,
            ByteBuffer source,
            int offset,
            int length,
            long originalLength,
            long flags,
            @Nullable CharSequence comment)
            throws IOException;

    /**
     * Has the packets that follow stand in the file in the order of their times. They are sorted while they wait in the
     * buffer, so until the next {@link #flush} and for half a megabyte at most; those of one time keep their order. A
     * packet that is earlier than one which has left the buffer gets that one's time.
     *
     * <p>To be called before the first packet. Called again, it begins anew: the packets that follow stand after all
     * earlier ones, and their times are not compared with theirs. That is for a clock that was set back.
     *
     * <p>Without a call, packets stand in the order in which they were written. Costs nothing where they are in order.
     */
    void sortByTime();

    /**
     * Says that the times of the packets that follow are estimates, which {@link #limitEstimates} may lower. Only where
     * packets are sorted by time.
     */
    void beginEstimates();

    /**
     * Lowers the times of the packets since {@link #beginEstimates}, now that it is known how late they were at most.
     * Those that have left the buffer keep their times.
     *
     * @param epochNanos the time that later ones get, in nanoseconds since 1970, from 0; a classic file holds times
     *     before 2106
     * @throws IllegalArgumentException if the time is out of range
     */
    void limitEstimates(long epochNanos);

    /**
     * Writes an interface's statistics, usually at the end. A classic file can't hold them and leaves them out.
     *
     * @param interfaceId a number that {@link #addInterface} gave
     * @param statistics the statistics
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if there is no such interface
     */
    void statistics(int interfaceId, InterfaceStatistics statistics) throws IOException;

    /**
     * The file's length with all that was written, what is still buffered included.
     *
     * @return bytes
     */
    long bytesWritten();

    /**
     * How much of the file holds whole packets and is known to have reached the channel: after a failed write, the
     * length to cut the file to.
     *
     * @return bytes, from the first that this writer wrote
     */
    long validBytes();

    /**
     * How many packets were handed to this writer without an error, what is still buffered included.
     *
     * @return a count
     */
    long packetsWritten();

    /**
     * How many packets lie within {@link #validBytes}.
     *
     * @return a count
     */
    long validPackets();

    /**
     * Hands all that is buffered to the channel. It does not force it to the disk.
     *
     * @throws IOException if writing fails
     */
    @Override
    void flush() throws IOException;

    /**
     * Flushes and closes the channel; after a failed write it only closes. Idempotent.
     *
     * @throws IOException if writing or closing fails; the channel is closed all the same
     */
    @Override
    void close() throws IOException;
}
