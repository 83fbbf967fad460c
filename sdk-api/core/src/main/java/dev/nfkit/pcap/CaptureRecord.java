// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import dev.nfkit.Bytes;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * One packet of a capture file, with its own bytes. Immutable. {@code equals} compares {@link #data} by identity.
 *
 * @param offset the start of the packet's block or record, from the file's start
 * @param interfaceId the interface's number, counted through all sections of the file
 * @param captureInterface the packet's source
 * @param order the byte order of the section (or the classic file) that holds the packet
 * @param epochNanos nanoseconds since 1970, or {@link #NO_TIME}
 * @param data the packet's bytes, as far as they were kept; never moved or released
 * @param originalLength the packet's length before it was cut, 0 to 2³²−1
 * @param flags {@code epb_flags}; 0 if there are none
 * @param comment {@code opt_comment}, the first if there are several
 */
public record CaptureRecord(
        long offset,
        int interfaceId,
        CaptureInterface captureInterface,
        ByteOrder order,
        long epochNanos,
        Bytes data,
        long originalLength,
        long flags,
        Optional<String> comment)
        implements CapturePacket {
    /**
     * Interface and lengths, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "packet of " + data.length() + "/" + originalLength + " bytes from " + captureInterface;
    }
}
