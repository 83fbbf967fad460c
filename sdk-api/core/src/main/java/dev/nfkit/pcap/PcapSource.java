package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
        ByteBuffer header = ByteSource.buffer(
                source.read(PcapWriter.FILE_HEADER - 4, 0, "a pcap header of " + PcapWriter.FILE_HEADER + " bytes"),
                order);
        int major = header.getShort(0) & 0xffff;
        if (major != 2) {
            throw source.wrong(4, "pcap version 2", "version " + major);
        }
        // A negative snap length is a number beyond 2^31: as good as none. The upper bits of the network are flags.
        CaptureInterface iface =
                CaptureInterface.of(header.getInt(16) & 0xffff).withSnapLength(Math.max(0, header.getInt(12)));
        return new PcapSource(source, order, known == PcapWriter.MAGIC_NANOSECONDS ? 1 : 1000, iface);
    }

    @Override
    public @Nullable CaptureRecord next() throws IOException {
        long start = source.offset();
        byte[] head = source.readOrEnd(PcapWriter.RECORD_HEADER, start, "a packet's header of 16 bytes");
        if (head.length == 0) {
            return null;
        }
        ByteBuffer header = ByteSource.buffer(head, order);
        long length = header.getInt(8) & 0xffff_ffffL;
        if (length > MAX_BLOCK) {
            throw source.wrong(start + 8, "a packet of at most " + MAX_BLOCK + " bytes", length + " bytes");
        }
        byte[] data = source.read((int) length, start, "a packet of " + length + " bytes");
        long seconds = header.getInt(0) & 0xffff_ffffL;
        long fraction = header.getInt(4) & 0xffff_ffffL;
        return new CaptureRecord(
                start,
                0,
                iface,
                order,
                seconds * 1_000_000_000L + fraction * nanosPerUnit,
                data,
                header.getInt(12) & 0xffff_ffffL,
                0,
                null);
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
