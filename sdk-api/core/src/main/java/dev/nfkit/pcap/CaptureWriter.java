// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a capture file. Packets are collected in a buffer and written in large writes. Only whole packets are written,
 * so that the file is valid after each {@link #flush}, even if the process is killed then. One thread at a time.
 *
 * <p>A failed write (a full disk, a pipe whose reader closed it) is thrown as the original IOException. From then on
 * the writer writes nothing more, and each further call throws. {@link #validBytes} is then the length at which the
 * file must be cut to hold only whole packets, and {@link #validPackets} their number.
 *
 * <p>An interrupt of the writing thread, before a write or during it, neither ends the file nor is lost: the flag is
 * set when the call returns. This holds for files ({@link java.nio.channels.FileChannel}, {@link
 * java.io.FileOutputStream}), which a daemon thread writes while the caller waits. Any other interruptible channel is
 * closed by an interrupt during a write, as specified by its contract, and the write fails.
 */
public interface CaptureWriter extends Closeable, Flushable {
    /** The most bytes of a packet: libpcap and Wireshark refuse to read larger ones. */
    int MAX_PACKET = 262_144;

    /** {@code epb_flags} of a packet that came in. */
    long INBOUND = 1;
    /** {@code epb_flags} of a packet that went out. */
    long OUTBOUND = 2;

    /**
     * Declares a source of packets. To be called before the first packet of that interface, at any time before close.
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
     * @param interfaceId a result of {@link #addInterface}
     * @param epochNanos the packet's time, in nanoseconds since 1970, from 0; a classic file holds times before 2106
     * @param source the buffer that holds its bytes; its position and limit are not used
     * @param offset the first byte, from the buffer's start
     * @param length the number of bytes, 0 to {@link #MAX_PACKET}
     * @param originalLength the packet's length before it was cut, at most 2³²−1; less than {@code length} counts as
     *     {@code length}
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
     * Writes a packet with its flags and a comment, both of which a classic file cannot hold and omits. Allocates
     * nothing, unless the comment is not ASCII.
     *
     * @param interfaceId a result of {@link #addInterface}
     * @param epochNanos the packet's time, in nanoseconds since 1970, from 0; a classic file holds times before 2106
     * @param source the buffer that holds its bytes; its position and limit are not used
     * @param offset the first byte, from the buffer's start
     * @param length the number of bytes, 0 to {@link #MAX_PACKET}
     * @param originalLength the packet's length before it was cut, at most 2³²−1; less than {@code length} counts as
     *     {@code length}
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
     * Writes the following packets in the order of their times. They are sorted while they are in the buffer, which is
     * until the next {@link #flush} and for half a megabyte at most. Packets with the same time keep their order. A
     * packet that is earlier than one that was already written gets that one's time.
     *
     * <p>To be called before the first packet. Another call starts a new order: the following packets are written after
     * all earlier ones, and their times are not compared with those. This is for a clock that was set back.
     *
     * <p>Without a call, packets keep the order of the calls. Sorting costs nothing if they are in order.
     */
    void sortByTime();

    /**
     * Marks the times of the following packets as estimates, which {@link #limitEstimates} may lower. Only if packets
     * are sorted by time.
     */
    void beginEstimates();

    /**
     * Lowers the times of the packets since {@link #beginEstimates}, once their latest possible time is known. Those
     * that were already written keep their times.
     *
     * @param epochNanos the time that later ones get, in nanoseconds since 1970, from 0; a classic file holds times
     *     before 2106
     * @throws IllegalArgumentException if the time is out of range
     */
    void limitEstimates(long epochNanos);

    /**
     * Writes an interface's statistics, usually at the end. A classic file cannot hold them and omits them.
     *
     * @param interfaceId a result of {@link #addInterface}
     * @param statistics the statistics
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if there is no such interface
     */
    void statistics(int interfaceId, InterfaceStatistics statistics) throws IOException;

    /**
     * The file's length, including buffered data.
     *
     * @return bytes
     */
    long bytesWritten();

    /**
     * The length of the part of the file that holds whole packets and is known to have reached the channel. After a
     * failed write, cut the file to this length.
     *
     * @return bytes, counted from the first that this writer wrote
     */
    long validBytes();

    /**
     * The number of packets passed to this writer without an error, including buffered ones.
     *
     * @return a count
     */
    long packetsWritten();

    /**
     * The number of packets within {@link #validBytes}.
     *
     * @return a count
     */
    long validPackets();

    /**
     * Writes all buffered data to the channel. It does not force it to the disk.
     *
     * @throws IOException if writing fails
     */
    @Override
    void flush() throws IOException;

    /**
     * Flushes and closes the channel; after a failed write it only closes. Idempotent.
     *
     * @throws IOException if writing or closing fails; the channel is closed nevertheless
     */
    @Override
    void close() throws IOException;
}
