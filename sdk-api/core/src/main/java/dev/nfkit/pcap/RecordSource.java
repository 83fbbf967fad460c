// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** Reads one of the two formats, starting after its first four bytes. */
interface RecordSource {
    /** The maximum size of a packet in a file, and of any block that is not skipped; as in libpcap. */
    int MAX_BLOCK = 16 * 1024 * 1024;

    /** Aims a view at the next packet; false at the end of the file. */
    boolean next(CaptureView view) throws IOException;

    ByteOrder order();

    Optional<CaptureSection> section();

    List<CaptureInterface> interfaces();

    Optional<InterfaceStatistics> statistics(int interfaceId);
}
