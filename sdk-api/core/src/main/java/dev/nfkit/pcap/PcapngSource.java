// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads pcapng block by block. */
final class PcapngSource implements RecordSource {
    private static final int TRAILER = 4;

    private final ByteSource source;
    private final List<CaptureInterface> interfaces = new ArrayList<>();
    private final List<TimeScale> scales = new ArrayList<>();
    private final Map<Integer, InterfaceStatistics> statistics = new HashMap<>();
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private CaptureSection section = CaptureSection.create();
    private int firstOfSection;
    private final OptionReader options;

    private PcapngSource(ByteSource source) {
        this.source = source;
        this.options = new OptionReader(source);
    }

    /** Reads the first section's header, whose type was already taken. */
    static PcapngSource start(ByteSource source) throws IOException {
        PcapngSource reader = new PcapngSource(source);
        reader.sectionHeader(0);
        return reader;
    }

    @Override
    public boolean next(CaptureView view) throws IOException {
        while (!source.ended()) {
            long start = source.offset();
            int at = take(4, start);
            int type = source.window(order).getInt(at);
            if (type == Pcapng.SECTION_HEADER) {
                sectionHeader(start);
            } else if (block(type, start, view)) {
                return true;
            }
        }
        return false;
    }

    private int take(int count, long start) throws IOException {
        int at = source.take(count);
        if (at < 0) {
            throw source.cut(start, "a block's header of 8 bytes");
        }
        return at;
    }

    private void sectionHeader(long start) throws IOException {
        int head = source.take(8);
        if (head < 0) {
            throw source.cut(start, "a section header block");
        }
        int magic = source.window(ByteOrder.BIG_ENDIAN).getInt(head + 4);
        if (magic == Pcapng.BYTE_ORDER_MAGIC) {
            order = ByteOrder.BIG_ENDIAN;
        } else if (Integer.reverseBytes(magic) == Pcapng.BYTE_ORDER_MAGIC) {
            order = ByteOrder.LITTLE_ENDIAN;
        } else {
            throw source.wrong(start + 8, "the byte-order magic 1a2b3c4d", String.format("%08x", magic));
        }
        long total = source.window(order).getInt(head) & 0xffff_ffffL;
        checkTotal(start, total, Pcapng.BLOCK_FRAME + 16, "section header");
        int body = body(start, total, 12);
        int end = body + (int) total - 12 - TRAILER;
        int major = source.window(order).getShort(body) & 0xffff;
        if (major != 1) {
            throw source.wrong(start + 12, "pcapng version 1", "version " + major);
        }
        firstOfSection = interfaces.size();
        section = sectionOptions(options(body + 12, end));
    }

    /** The options from a place in the last taken block. */
    private OptionReader options(int from, int end) {
        return options.wrap(source.window(order), source.windowOffset(), from, end);
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

    /** Takes the rest of a block, of which {@code taken} bytes were taken, and checks the length at its end. */
    private int body(long start, long total, int taken) throws IOException {
        int size = (int) total - taken;
        int body = source.take(size);
        if (body < 0) {
            throw source.cut(start, "a block of " + total + " bytes");
        }
        checkTrailer(start, total, source.window(order).getInt(body + size - TRAILER));
        return body;
    }

    private void checkTrailer(long start, long total, int trailer) throws PcapFormatException {
        if (trailer != (int) total) {
            throw source.wrong(
                    start + total - 4, "the block's length " + total + " again", Long.toString(trailer & 0xffff_ffffL));
        }
    }

    /** Reads a block; returns whether it is a packet. */
    private boolean block(int type, long start, CaptureView view) throws IOException {
        int size = take(4, start);
        long total = source.window(order).getInt(size) & 0xffff_ffffL;
        int rest = (int) total - Pcapng.BLOCK_FRAME;
        switch (type) {
            case Pcapng.INTERFACE_DESCRIPTION -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 8, "interface description");
                int body = body(start, total, 8);
                interfaceDescription(body, body + rest);
            }
            case Pcapng.INTERFACE_STATISTICS -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 12, "interface statistics");
                int body = body(start, total, 8);
                interfaceStatistics(body, body + rest, start + 8);
            }
            case Pcapng.ENHANCED_PACKET, Pcapng.OBSOLETE_PACKET -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 20, "packet");
                int body = body(start, total, 8);
                packet(body, body + rest, start + 8, type == Pcapng.OBSOLETE_PACKET, view);
                return true;
            }
            case Pcapng.SIMPLE_PACKET -> {
                checkTotal(start, total, Pcapng.BLOCK_FRAME + 4, "simple packet");
                int body = body(start, total, 8);
                simplePacket(body, body + rest, start + 8, view);
                return true;
            }
            default -> unknown(start, total);
        }
        return false;
    }

    private void unknown(long start, long total) throws IOException {
        if (total < Pcapng.BLOCK_FRAME || (total & 3) != 0) {
            throw source.wrong(start + 4, "a block of at least 12 bytes, a multiple of 4", total + " bytes");
        }
        int trailer = source.skip(total - Pcapng.BLOCK_FRAME) ? source.take(TRAILER) : -1;
        if (trailer < 0) {
            throw source.cut(start, "a block of " + total + " bytes");
        }
        checkTrailer(start, total, source.window(order).getInt(trailer));
    }

    private void interfaceDescription(int body, int end) throws PcapFormatException {
        ByteBuffer window = source.window(order);
        CaptureInterface iface = CaptureInterface.of(window.getShort(body) & 0xffff)
                .withSnapLength(Math.max(0, window.getInt(body + 4)));
        int resolution = 6;
        long offsetSeconds = 0;
        OptionReader option = options(body + 8, end);
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

    private void interfaceStatistics(int body, int end, long at) throws PcapFormatException {
        ByteBuffer window = source.window(order);
        int id = interfaceId(window.getInt(body) & 0xffff_ffffL, at);
        InterfaceStatistics read = InterfaceStatistics.unknownTime();
        long taken = nanos(id, window.getInt(body + 4), window.getInt(body + 8), at + 4);
        if (taken > 0) {
            read = InterfaceStatistics.at(taken);
        }
        OptionReader option = options(body + 12, end);
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

    /** A counter of 2^63 or more is an error of the writer; the largest number replaces it. */
    private static long count(OptionReader option) throws PcapFormatException {
        long value = option.u64();
        return value < 0 ? Long.MAX_VALUE : value;
    }

    private void packet(int body, int end, long at, boolean obsolete, CaptureView view) throws PcapFormatException {
        ByteBuffer window = source.window(order);
        int id = interfaceId(obsolete ? window.getShort(body) & 0xffffL : window.getInt(body) & 0xffff_ffffL, at);
        long nanos = nanos(id, window.getInt(body + 4), window.getInt(body + 8), at + 4);
        int length = length(window.getInt(body + 12) & 0xffff_ffffL, end - body - 20, at);
        long original = window.getInt(body + 16) & 0xffff_ffffL;
        long flags = 0;
        String comment = null;
        int from = body + 20 + Pcapng.align(length);
        if (from < end) {
            OptionReader option = options(from, end);
            while (option.next()) {
                if (option.code() == Pcapng.PACKET_FLAGS) {
                    flags = option.u32();
                } else if (option.code() == Pcapng.OPT_COMMENT) {
                    comment = OptionReader.first(comment, option.text());
                }
            }
        }
        view.from(at - 8, id, interfaces.get(id), order);
        view.bytes(source.window(ByteOrder.BIG_ENDIAN), body + 20, length, original);
        view.meta(nanos, flags, comment);
    }

    private void simplePacket(int body, int end, long at, CaptureView view) throws PcapFormatException {
        int id = interfaceId(0, at);
        CaptureInterface iface = interfaces.get(id);
        long original = source.window(order).getInt(body) & 0xffff_ffffL;
        // The block does not contain the captured length: it is the snap length or the whole packet.
        long kept = iface.snapLength() == 0 ? original : Math.min(original, iface.snapLength());
        view.from(at - 8, id, iface, order);
        view.bytes(source.window(ByteOrder.BIG_ENDIAN), body + 4, length(kept, end - body - 4, at), original);
        view.meta(CapturePacket.NO_TIME, 0, null);
    }

    private int length(long claimed, int space, long at) throws PcapFormatException {
        if (claimed > space) {
            throw source.wrong(at, "a packet of at most " + space + " bytes in its block", claimed + " bytes");
        }
        return (int) claimed;
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
