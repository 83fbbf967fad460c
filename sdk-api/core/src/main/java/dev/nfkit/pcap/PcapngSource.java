package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads pcapng block by block. */
final class PcapngSource implements RecordSource {
    private final ByteSource source;
    private final List<CaptureInterface> interfaces = new ArrayList<>();
    private final List<TimeScale> scales = new ArrayList<>();
    private final Map<Integer, InterfaceStatistics> statistics = new HashMap<>();
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private CaptureSection section = CaptureSection.create();
    private int firstOfSection;

    private PcapngSource(ByteSource source) {
        this.source = source;
    }

    /** Reads the first section's header, of which the type was taken already. */
    static PcapngSource start(ByteSource source) throws IOException {
        PcapngSource reader = new PcapngSource(source);
        reader.sectionHeader(0);
        return reader;
    }

    @Override
    public @Nullable CaptureRecord next() throws IOException {
        while (true) {
            long start = source.offset();
            byte[] type = source.readOrEnd(4, start, "a block's header of 8 bytes");
            if (type.length == 0) {
                return null;
            }
            int number = ByteSource.buffer(type, order).getInt();
            if (number == Pcapng.SECTION_HEADER) {
                sectionHeader(start);
                continue;
            }
            CaptureRecord packet = block(number, start);
            if (packet != null) {
                return packet;
            }
        }
    }

    private void sectionHeader(long start) throws IOException {
        byte[] head = source.read(8, start, "a section header block");
        int magic = ByteSource.buffer(head, ByteOrder.BIG_ENDIAN).getInt(4);
        if (magic == Pcapng.BYTE_ORDER_MAGIC) {
            order = ByteOrder.BIG_ENDIAN;
        } else if (Integer.reverseBytes(magic) == Pcapng.BYTE_ORDER_MAGIC) {
            order = ByteOrder.LITTLE_ENDIAN;
        } else {
            throw source.wrong(start + 8, "the byte-order magic 1a2b3c4d", String.format("%08x", magic));
        }
        long total = ByteSource.buffer(head, order).getInt(0) & 0xffff_ffffL;
        checkTotal(start, total, Pcapng.BLOCK_FRAME + 16, "section header");
        ByteBuffer body = body(start, total, 12);
        int major = body.getShort(0) & 0xffff;
        if (major != 1) {
            throw source.wrong(start + 12, "pcapng version 1", "version " + major);
        }
        firstOfSection = interfaces.size();
        section = sectionOptions(new OptionReader(source, body, start + 12, 12));
    }

    private CaptureSection sectionOptions(OptionReader option) throws PcapFormatException {
        CaptureSection read = CaptureSection.create().withOrder(order);
        while (option.next()) {
            read = switch (option.code()) {
                case Pcapng.SHB_HARDWARE -> read.withHardware(option.text());
                case Pcapng.SHB_OS -> read.withOs(option.text());
                case Pcapng.SHB_USERAPPL -> read.withApplication(option.text());
                default -> read;
            };
        }
        return read;
    }

    private void checkTotal(long start, long total, int least, String what) throws PcapFormatException {
        if (total < least || (total & 3) != 0) {
            throw source.wrong(
                    start + 4,
                    "a " + what + " block of at least " + least + " bytes, a multiple of 4",
                    total + " bytes");
        }
        if (total > MAX_BLOCK) {
            throw source.wrong(start + 4, "a " + what + " block of at most " + MAX_BLOCK + " bytes", total + " bytes");
        }
    }

    /** Reads the rest of a block, of which {@code taken} bytes were read, and checks the length at its end. */
    private ByteBuffer body(long start, long total, int taken) throws IOException {
        byte[] rest = source.read((int) total - taken, start, "a block of " + total + " bytes");
        ByteBuffer body = ByteSource.buffer(rest, order);
        checkTrailer(start, total, body.getInt(rest.length - 4));
        return body.limit(rest.length - 4);
    }

    private void checkTrailer(long start, long total, int trailer) throws PcapFormatException {
        if (trailer != (int) total) {
            throw source.wrong(
                    start + total - 4, "the block's length " + total + " again", Long.toString(trailer & 0xffff_ffffL));
        }
    }

    private @Nullable CaptureRecord block(int type, long start) throws IOException {
        byte[] size = source.read(4, start, "a block's header of 8 bytes");
        long total = ByteSource.buffer(size, order).getInt() & 0xffff_ffffL;
        switch (type) {
            case Pcapng.INTERFACE_DESCRIPTION -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 8, "interface description");
                interfaceDescription(body(start, total, 8), start + 8);
            }
            case Pcapng.INTERFACE_STATISTICS -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 12, "interface statistics");
                interfaceStatistics(body(start, total, 8), start + 8);
            }
            case Pcapng.ENHANCED_PACKET, Pcapng.OBSOLETE_PACKET -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 20, "packet");
                return packet(body(start, total, 8), start + 8, type == Pcapng.OBSOLETE_PACKET);
            }
            case Pcapng.SIMPLE_PACKET -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 4, "simple packet");
                return simplePacket(body(start, total, 8), start + 8);
            }
            default -> unknown(start, total);
        }
        return null;
    }

    private void unknown(long start, long total) throws IOException {
        if (total < Pcapng.BLOCK_FRAME || (total & 3) != 0) {
            throw source.wrong(start + 4, "a block of at least 12 bytes, a multiple of 4", total + " bytes");
        }
        String what = "a block of " + total + " bytes";
        source.skip(total - Pcapng.BLOCK_FRAME, start, what);
        checkTrailer(
                start,
                total,
                ByteSource.buffer(source.read(4, start, what), order).getInt());
    }

    private void interfaceDescription(ByteBuffer body, long at) throws PcapFormatException {
        CaptureInterface iface =
                CaptureInterface.of(body.getShort(0) & 0xffff).withSnapLength(Math.max(0, body.getInt(4)));
        int resolution = 6;
        long offsetSeconds = 0;
        OptionReader option = new OptionReader(source, body, at, 8);
        while (option.next()) {
            switch (option.code()) {
                case Pcapng.IF_NAME -> iface = iface.withName(option.text());
                case Pcapng.IF_DESCRIPTION -> iface = iface.withDescription(option.text());
                case Pcapng.IF_OS -> iface = iface.withOs(option.text());
                case Pcapng.IF_TSRESOL -> resolution = option.u8();
                case Pcapng.IF_TSOFFSET -> offsetSeconds = option.u64();
                case Pcapng.IF_FILTER -> {
                    if (option.length() > 0 && option.u8() == 0) {
                        iface = iface.withFilter(option.text(1));
                    }
                }
                default -> {}
            }
        }
        interfaces.add(iface);
        scales.add(
                resolution == 6 && offsetSeconds == 0
                        ? TimeScale.MICROSECONDS
                        : TimeScale.of(resolution, offsetSeconds));
    }

    private void interfaceStatistics(ByteBuffer body, long at) throws PcapFormatException {
        int id = interfaceId(body.getInt(0) & 0xffff_ffffL, at);
        InterfaceStatistics read = InterfaceStatistics.unknownTime();
        long taken = nanos(id, body.getInt(4), body.getInt(8), at + 4);
        if (taken > 0) {
            read = InterfaceStatistics.at(taken);
        }
        OptionReader option = new OptionReader(source, body, at, 12);
        while (option.next()) {
            read = switch (option.code()) {
                case Pcapng.OPT_COMMENT ->
                    read.withComment(OptionReader.first(read.comment().orElse(null), option.text()));
                case Pcapng.ISB_STARTTIME -> read.withStart(Math.max(0, nanos(id, option.time(), at)));
                case Pcapng.ISB_ENDTIME -> read.withEnd(Math.max(0, nanos(id, option.time(), at)));
                case Pcapng.ISB_IFRECV -> read.withReceived(count(option));
                case Pcapng.ISB_IFDROP -> read.withInterfaceDropped(count(option));
                case Pcapng.ISB_OSDROP -> read.withOsDropped(count(option));
                default -> read;
            };
        }
        statistics.put(id, read);
    }

    /** A counter beyond 2^63 is a lie of some writer; the largest number stands for it. */
    private static long count(OptionReader option) throws PcapFormatException {
        long value = option.u64();
        return value < 0 ? Long.MAX_VALUE : value;
    }

    private CaptureRecord packet(ByteBuffer body, long at, boolean obsolete) throws PcapFormatException {
        int id = interfaceId(obsolete ? body.getShort(0) & 0xffffL : body.getInt(0) & 0xffff_ffffL, at);
        long nanos = nanos(id, body.getInt(4), body.getInt(8), at + 4);
        long length = body.getInt(12) & 0xffff_ffffL;
        byte[] data = data(body, at, 20, length);
        long flags = 0;
        String comment = null;
        int options = 20 + Pcapng.align(data.length);
        OptionReader option = new OptionReader(source, body, at, Math.min(options, body.limit()));
        while (option.next()) {
            if (option.code() == Pcapng.PACKET_FLAGS) {
                flags = option.u32();
            } else if (option.code() == Pcapng.OPT_COMMENT) {
                comment = OptionReader.first(comment, option.text());
            }
        }
        return new CaptureRecord(
                at - 8, id, interfaces.get(id), order, nanos, data, body.getInt(16) & 0xffff_ffffL, flags, comment);
    }

    private CaptureRecord simplePacket(ByteBuffer body, long at) throws PcapFormatException {
        int id = interfaceId(0, at);
        CaptureInterface iface = interfaces.get(id);
        long original = body.getInt(0) & 0xffff_ffffL;
        // The block doesn't say how much was kept: it is the snap length or all.
        long length = iface.snapLength() == 0 ? original : Math.min(original, iface.snapLength());
        byte[] data = data(body, at, 4, length);
        return new CaptureRecord(at - 8, id, iface, order, CaptureRecord.NO_TIME, data, original, 0, null);
    }

    private byte[] data(ByteBuffer body, long at, int start, long length) throws PcapFormatException {
        int room = body.limit() - start;
        if (length > room) {
            throw source.wrong(at, "a packet of at most " + room + " bytes in its block", length + " bytes");
        }
        byte[] data = new byte[(int) length];
        body.get(start, data);
        return data;
    }

    private int interfaceId(long id, long at) throws PcapFormatException {
        int known = interfaces.size() - firstOfSection;
        if (id >= known) {
            throw source.wrong(at, "one of the section's " + known + " interfaces", "interface " + id);
        }
        return firstOfSection + (int) id;
    }

    private long nanos(int id, int high, int low, long at) throws PcapFormatException {
        return nanos(id, ((long) high << 32) | (low & 0xffff_ffffL), at);
    }

    private long nanos(int id, long units, long at) throws PcapFormatException {
        try {
            return scales.get(id).toNanos(units);
        } catch (ArithmeticException e) {
            PcapFormatException wrong = source.wrong(
                    at, "a time from 1677 to 2262", Long.toUnsignedString(units) + " units of the interface's time");
            wrong.initCause(e);
            throw wrong;
        }
    }

    @Override
    public ByteOrder order() {
        return order;
    }

    @Override
    public Optional<CaptureSection> section() {
        return Optional.of(section);
    }

    @Override
    public List<CaptureInterface> interfaces() {
        return interfaces;
    }

    @Override
    public Optional<InterfaceStatistics> statistics(int interfaceId) {
        return Optional.ofNullable(statistics.get(interfaceId));
    }
}
