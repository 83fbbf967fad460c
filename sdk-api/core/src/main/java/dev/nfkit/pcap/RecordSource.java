package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** One of the two formats, behind its first four bytes. */
interface RecordSource {
    /** A packet may not be larger than this in a file, nor any block that is not skipped; libpcap's bound too. */
    int MAX_BLOCK = 16 * 1024 * 1024;

    /** Aims a view at the next packet; false where the file ends. */
    boolean next(CaptureView view) throws IOException;

    ByteOrder order();

    Optional<CaptureSection> section();

    List<CaptureInterface> interfaces();

    Optional<InterfaceStatistics> statistics(int interfaceId);
}
