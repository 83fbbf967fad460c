// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** Reads classic pcap. */
final class PcapSource implements RecordSource {
    private final ByteSource source;
    private final ByteOrder order;
    private final int nanosPerUnit;
    private final CaptureInterface iface;

    private PcapSource(ByteSource source, ByteOrder order, int nanosPerUnit, CaptureInterface iface) {
        this.source = source;
        this.order = order;
        this.nanosPerUnit = nanosPerUnit;
        this.iface = iface;
    }

    static PcapSource start(ByteSource source, int magic) throws IOException {
        int reversed = Integer.reverseBytes(magic);
        boolean big = magic == PcapWriter.MAGIC_MICROSECONDS || magic == PcapWriter.MAGIC_NANOSECONDS;
        int known = big ? magic : reversed;
        if (known != PcapWriter.MAGIC_MICROSECONDS && known != PcapWriter.MAGIC_NANOSECONDS) {
            throw source.wrong(0, "a pcap or pcapng header", String.format("bytes %08x", magic));
        }
        ByteOrder order = big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int at = source.take(PcapWriter.FILE_HEADER - 4);
        if (at < 0) {
            throw source.cut(0, "a pcap header of " + PcapWriter.FILE_HEADER + " bytes");
        }
        ByteBuffer header = source.window(order);
        int major = header.getShort(at) & 0xffff;
        if (major != 2) {
            throw source.wrong(4, "pcap version 2", "version " + major);
        }
        // A negative snap length is a number of 2^31 or more, which is no limit in effect. The upper bits of the
        // network are flags.
        CaptureInterface iface = CaptureInterface.of(header.getInt(at + 16) & 0xffff)
                .withSnapLength(Math.max(0, header.getInt(at + 12)));
        return new PcapSource(source, order, known == PcapWriter.MAGIC_NANOSECONDS ? 1 : 1000, iface);
    }

    @Override
    public boolean next(CaptureView view) throws IOException {
        if (source.ended()) {
            return false;
        }
        long start = source.offset();
        int at = source.take(PcapWriter.RECORD_HEADER);
        if (at < 0) {
            throw source.cut(start, "a packet's header of 16 bytes");
        }
        ByteBuffer header = source.window(order);
        long length = header.getInt(at + 8) & 0xffff_ffffL;
        if (length > MAX_BLOCK) {
            throw source.wrong(start + 8, "a packet of at most " + MAX_BLOCK + " bytes", length + " bytes");
        }
        long seconds = header.getInt(at) & 0xffff_ffffL;
        long fraction = header.getInt(at + 4) & 0xffff_ffffL;
        long original = header.getInt(at + 12) & 0xffff_ffffL;
        int data = source.take((int) length);
        if (data < 0) {
            throw source.cut(start, "a packet of " + length + " bytes");
        }
        view.from(start, 0, iface, order);
        view.bytes(source.window(ByteOrder.BIG_ENDIAN), data, (int) length, original);
        view.meta(seconds * 1_000_000_000L + fraction * nanosPerUnit, 0, null);
        return true;
    }

    @Override
    public ByteOrder order() {
        return order;
    }

    @Override
    public Optional<CaptureSection> section() {
        return Optional.empty();
    }

    @Override
    public List<CaptureInterface> interfaces() {
        return List.of(iface);
    }

    @Override
    public Optional<InterfaceStatistics> statistics(int interfaceId) {
        return Optional.empty();
    }
}
