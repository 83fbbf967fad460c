// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;

/** What the writers of both formats have in common: the buffer, its order by time, and the counts. */
abstract sealed class BufferedCaptureWriter implements CaptureWriter permits PcapWriter, PcapngWriter {
    final BlockOutput output;
    /** The number of interfaces so far. */
    int interfaces;

    BufferedCaptureWriter(BlockOutput output) {
        this.output = output;
    }

    /**
     * Requires that the format can hold a time.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    abstract void checkTime(long epochNanos);

    @Override
    public final void sortByTime() {
        output.sortByTime();
    }

    @Override
    public final void beginEstimates() {
        output.beginEstimates();
    }

    @Override
    public final void limitEstimates(long epochNanos) {
        checkTime(epochNanos);
        output.limitEstimates(epochNanos);
    }

    @Override
    public final long bytesWritten() {
        return output.written();
    }

    @Override
    public final long validBytes() {
        return output.valid();
    }

    @Override
    public final long packetsWritten() {
        return output.packets();
    }

    @Override
    public final long validPackets() {
        return output.validPackets();
    }

    @Override
    public final void flush() throws IOException {
        output.flush();
    }

    @Override
    public final void close() throws IOException {
        output.close();
    }
}
