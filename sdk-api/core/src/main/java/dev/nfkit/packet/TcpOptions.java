// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.Bytes;
import java.util.NoSuchElementException;
import java.util.Objects;

/**
 * The options of a TCP header that nearly every connection carries, read once by {@link #wrap(TcpView)}. Reusable;
 * allocates nothing. One thread at a time.
 *
 * <p>As in the kernel ({@code tcp_parse_options}), an option whose length does not fit its kind is skipped, the last of
 * several equal ones counts, and options after a malformed one are not read. Unlike the kernel, this class also shows
 * maximum segment size, window scale and SACK-permitted in segments without SYN, where they have no meaning. {@link
 * OptionCursor} shows all other options.
 */
public final class TcpOptions {
    private final OptionCursor cursor = new OptionCursor();
    private Bytes bytes = Bytes.of();
    private int segmentSizeAt;
    private int scaleAt;
    private boolean sackPermitted;
    private int timestampsAt;
    private int sackAt;
    private int sackBlocks;

    /** Makes a reader of no options; {@link #wrap(TcpView)} aims it. */
    public TcpOptions() {
        forget();
    }

    private void forget() {
        segmentSizeAt = -1;
        scaleAt = -1;
        sackPermitted = false;
        timestampsAt = -1;
        sackAt = -1;
        sackBlocks = 0;
    }

    /**
     * Reads a header's options.
     *
     * @param tcp a view that was aimed at the header; its bytes are kept, not copied
     * @return whether all options were read; false if one is malformed or cut, in which case those before it are still
     *     known
     * @throws IllegalStateException if the bytes were released
     * @throws IndexOutOfBoundsException if the view was never aimed
     */
    public boolean wrap(TcpView tcp) {
        bytes = tcp.bytes;
        forget();
        cursor.wrap(tcp);
        while (cursor.next()) {
            note();
        }
        return !cursor.malformed();
    }

    private void note() {
        int at = cursor.dataOffset();
        int length = cursor.length();
        switch (cursor.kind()) {
            case TcpOption.MAXIMUM_SEGMENT_SIZE -> segmentSizeAt = length == 4 ? at : segmentSizeAt;
            case TcpOption.WINDOW_SCALE -> scaleAt = length == 3 ? at : scaleAt;
            case TcpOption.SACK_PERMITTED -> sackPermitted |= length == 2;
            case TcpOption.TIMESTAMPS -> timestampsAt = length == 10 ? at : timestampsAt;
            case TcpOption.SACK -> {
                if (length >= 10 && length % 8 == 2) {
                    sackAt = at;
                    sackBlocks = length / 8;
                }
            }
            default -> {
                // OptionCursor shows these.
            }
        }
    }

    /**
     * Whether the sender announced its maximum segment size.
     *
     * @return whether {@link #maximumSegmentSize()} is present
     */
    public boolean hasMaximumSegmentSize() {
        return segmentSizeAt >= 0;
    }

    /**
     * The largest segment that the sender takes.
     *
     * @return 0 to 65535, in bytes without headers
     * @throws NoSuchElementException if the option is absent
     */
    public int maximumSegmentSize() {
        return bytes.u16(present(segmentSizeAt, "maximum segment size"));
    }

    /**
     * Whether the sender scales its windows.
     *
     * @return whether {@link #windowScale()} is present
     */
    public boolean hasWindowScale() {
        return scaleAt >= 0;
    }

    /**
     * The number of bits by which the sender's windows are shifted left in all segments except those with SYN.
     *
     * @return 0 to 255, as sent; the kernel treats more than 14 as 14
     * @throws NoSuchElementException if the option is absent
     */
    public int windowScale() {
        return bytes.u8(present(scaleAt, "window scale"));
    }

    /**
     * Whether the sender takes selective acknowledgements.
     *
     * @return whether the option is present
     */
    public boolean sackPermitted() {
        return sackPermitted;
    }

    /**
     * Whether the segment carries timestamps.
     *
     * @return whether {@link #timestamp()} and {@link #timestampEcho()} are there
     */
    public boolean hasTimestamps() {
        return timestampsAt >= 0;
    }

    /**
     * The sender's clock (TSval), in a unit of its own.
     *
     * @return 0 to 2³²−1
     * @throws NoSuchElementException if the option is absent
     */
    public long timestamp() {
        return bytes.u32(present(timestampsAt, "timestamps"));
    }

    /**
     * The peer's clock that the sender echoes (TSecr).
     *
     * @return 0 to 2³²−1
     * @throws NoSuchElementException if the option is absent
     */
    public long timestampEcho() {
        return bytes.u32(present(timestampsAt, "timestamps") + 4);
    }

    /**
     * The number of selectively acknowledged blocks.
     *
     * @return 0 to 4
     */
    public int sackBlocks() {
        return sackBlocks;
    }

    /**
     * The first sequence number of a selectively acknowledged block.
     *
     * @param block 0 to {@link #sackBlocks()} − 1
     * @return 0 to 2³²−1
     * @throws IndexOutOfBoundsException if there is no such block
     */
    public long sackFrom(int block) {
        return bytes.u32(sackAt + 8 * Objects.checkIndex(block, sackBlocks));
    }

    /**
     * The sequence number after a selectively acknowledged block.
     *
     * @param block 0 to {@link #sackBlocks()} − 1
     * @return 0 to 2³²−1
     * @throws IndexOutOfBoundsException if there is no such block
     */
    public long sackTo(int block) {
        return bytes.u32(sackAt + 8 * Objects.checkIndex(block, sackBlocks) + 4);
    }

    private static int present(int at, String name) {
        if (at < 0) {
            throw new NoSuchElementException("the TCP header has no option " + name);
        }
        return at;
    }
}
