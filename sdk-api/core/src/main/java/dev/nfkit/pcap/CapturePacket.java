// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import dev.nfkit.Bytes;
import java.nio.ByteOrder;
import java.util.Optional;

/** A packet of a capture file: the current one of a reader, or one with its own bytes. */
public sealed interface CapturePacket permits CaptureView, CaptureRecord {
    /** The value of {@link #epochNanos} if the file has no time for a packet (pcapng's simple packet block). */
    long NO_TIME = Long.MIN_VALUE;

    /**
     * The start of the packet's block or record, for errors.
     *
     * @return bytes from the file's start
     */
    long offset();

    /**
     * The interface's number, counted through all sections of the file.
     *
     * @return an index into {@link CaptureReader#interfaces()}
     */
    int interfaceId();

    /**
     * The packet's source.
     *
     * @return the interface
     */
    CaptureInterface captureInterface();

    /**
     * The type of the packet's first header.
     *
     * @return a number of {@link LinkType}, 0 to 65535
     */
    default int linkType() {
        return captureInterface().linkType();
    }

    /**
     * The byte order of the section (or the classic file) that holds the packet.
     *
     * @return the order
     */
    ByteOrder order();

    /**
     * When the packet was captured.
     *
     * @return nanoseconds since 1970, or {@link #NO_TIME}
     */
    long epochNanos();

    /**
     * The packet's bytes, as far as they were kept.
     *
     * @return the bytes, borrowed if the packet is a {@link CaptureView}, whose reader releases them by its next step
     */
    Bytes data();

    /**
     * The packet's length before it was cut.
     *
     * @return bytes, according to the file; 0 to 2³²−1
     */
    long originalLength();

    /**
     * The packet's flags ({@code epb_flags}); the lowest two bits are the direction.
     *
     * @return the flags, such as {@link CaptureWriter#INBOUND}; 0 if there are none
     */
    long flags();

    /**
     * The packet's comment ({@code opt_comment}; the first, if there are several).
     *
     * @return the comment, or empty
     */
    Optional<String> comment();
}
