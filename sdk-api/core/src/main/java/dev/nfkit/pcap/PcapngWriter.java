// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes pcapng: one section, any number of interfaces of any link type, times in nanoseconds. The section's header is
 * the first thing written, so that a file without packets is valid too. One thread at a time.
 */
public final class PcapngWriter extends BufferedCaptureWriter {
    private static final int PACKET_HEADER = 28;
    private static final byte NANOSECONDS = 9;
    private static final byte FILTER_TEXT = 0;
    private static final int TIME_HIGH = 12;
    private static final int TIME_LOW = 16;

    private static final BlockOutput.Layout LAYOUT = new BlockOutput.Layout() {
        @Override
        public int length(ByteBuffer buffer, int at, boolean firstOfFile) {
            return buffer.getInt(at + 4);
        }

        @Override
        public boolean isPacket(ByteBuffer buffer, int at, boolean firstOfFile) {
            return buffer.getInt(at) == Pcapng.ENHANCED_PACKET;
        }

        @Override
        public long time(ByteBuffer buffer, int at) {
            return (long) buffer.getInt(at + TIME_HIGH) << 32 | (buffer.getInt(at + TIME_LOW) & 0xffff_ffffL);
        }

        @Override
        public void time(ByteBuffer buffer, int at, long epochNanos) {
            buffer.putInt(at + TIME_HIGH, (int) (epochNanos >>> 32));
            buffer.putInt(at + TIME_LOW, (int) epochNanos);
        }
    };

    private final CaptureSection section;
    private final CommentText comment = new CommentText();

    /**
     * Begins a file.
     *
     * @param channel the target, in blocking mode; the writer closes it
     * @param section the byte order and the header's information about the writer
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if a text of the section is longer than 65535 bytes
     */
    public PcapngWriter(WritableByteChannel channel, CaptureSection section) throws IOException {
        super(new BlockOutput(channel, section.order(), LAYOUT));
        this.section = section;
        new BlockBuilder(Pcapng.SECTION_HEADER, section.order())
                .u32(Pcapng.BYTE_ORDER_MAGIC)
                .u16(1)
                .u16(0)
                .u64(-1)
                .text(Pcapng.SHB_HARDWARE, "hardware", section.hardware())
                .text(Pcapng.SHB_OS, "os", section.os())
                .text(Pcapng.SHB_USERAPPL, "application", section.application())
                .writeTo(output);
    }

    /**
     * Begins a file.
     *
     * @param stream the target; the writer closes it
     * @param section the byte order and the header's information about the writer
     * @throws IOException if writing fails
     * @throws IllegalArgumentException if a text of the section is longer than 65535 bytes, or the stream is a
     *     PrintStream, which hides failed writes
     */
    public PcapngWriter(OutputStream stream, CaptureSection section) throws IOException {
        this(StreamChannel.over(stream), section);
    }

    @Override
    public int addInterface(CaptureInterface iface) throws IOException {
        BlockBuilder block = new BlockBuilder(Pcapng.INTERFACE_DESCRIPTION, section.order())
                .u16(iface.linkType())
                .u16(0)
                .u32(iface.snapLength())
                .text(Pcapng.IF_NAME, "name", iface.name())
                .text(Pcapng.IF_DESCRIPTION, "description", iface.description())
                .option(Pcapng.IF_TSRESOL, NANOSECONDS)
                .text(Pcapng.IF_OS, "os", iface.os());
        Optional<String> filter = iface.filter();
        if (filter.isPresent()) {
            // The value's first byte is its kind: 0 for text. As a character it is also one byte of UTF-8.
            block.text(Pcapng.IF_FILTER, "filter", Optional.of((char) FILTER_TEXT + filter.get()));
        }
        block.writeTo(output);
        return interfaces++;
    }

    @Override
    public void packet(
            int interfaceId,
            long epochNanos,
            ByteBuffer source,
            int offset,
            int length,
            long originalLength,
            long flags,
            @Nullable CharSequence comment)
            throws IOException {
        PacketArguments.check(interfaceId, interfaces, epochNanos, source, offset, length, originalLength);
        if (flags < 0 || flags > 0xffff_ffffL) {
            throw new IllegalArgumentException("flags " + flags + " is out of 0 to 4294967295");
        }
        CommentText text = comment == null ? null : this.comment.of(comment);
        int padded = Pcapng.align(length);
        int options = (text == null ? 0 : 4 + Pcapng.align(text.length())) + (flags == 0 ? 0 : 8);
        int total = PACKET_HEADER + padded + (options == 0 ? 0 : options + 4) + 4;
        ByteBuffer buffer = output.reserve(total);
        int at = output.at();
        buffer.putInt(at, Pcapng.ENHANCED_PACKET);
        buffer.putInt(at + 4, total);
        buffer.putInt(at + 8, interfaceId);
        LAYOUT.time(buffer, at, output.admit(epochNanos));
        buffer.putInt(at + 20, length);
        buffer.putInt(at + 24, (int) Math.max(originalLength, length));
        int next = at + PACKET_HEADER;
        // Writes the last word first, as padding; the packet's bytes then overwrite its beginning.
        if (padded != length) {
            buffer.putInt(next + padded - 4, 0);
        }
        buffer.put(next, source, offset, length);
        next += padded;
        if (options != 0) {
            next = putOptions(buffer, next, flags, text);
        }
        buffer.putInt(next, total);
        output.commit(total, true);
    }

    private static int putOptions(ByteBuffer buffer, int at, long flags, @Nullable CommentText comment) {
        int next = at;
        if (flags != 0) {
            buffer.putShort(next, (short) Pcapng.PACKET_FLAGS);
            buffer.putShort(next + 2, (short) 4);
            buffer.putInt(next + 4, (int) flags);
            next += 8;
        }
        if (comment != null) {
            buffer.putShort(next, (short) Pcapng.OPT_COMMENT);
            buffer.putShort(next + 2, (short) comment.length());
            int padded = Pcapng.align(comment.length());
            if (padded != comment.length()) {
                buffer.putInt(next + padded, 0);
            }
            comment.put(buffer, next + 4);
            next += 4 + padded;
        }
        buffer.putInt(next, Pcapng.OPT_END);
        return next + 4;
    }

    @Override
    void checkTime(long epochNanos) {
        PacketArguments.checkTime(epochNanos);
    }

    @Override
    public void statistics(int interfaceId, InterfaceStatistics statistics) throws IOException {
        PacketArguments.checkInterface(interfaceId, interfaces);
        new BlockBuilder(Pcapng.INTERFACE_STATISTICS, section.order())
                .u32(interfaceId)
                .time(statistics.epochNanos().orElse(0))
                .text(Pcapng.OPT_COMMENT, "comment", statistics.comment())
                .timeOption(Pcapng.ISB_STARTTIME, statistics.start())
                .timeOption(Pcapng.ISB_ENDTIME, statistics.end())
                .countOption(Pcapng.ISB_IFRECV, statistics.received())
                .countOption(Pcapng.ISB_IFDROP, statistics.interfaceDropped())
                .countOption(Pcapng.ISB_OSDROP, statistics.osDropped())
                .writeTo(output);
    }
}
