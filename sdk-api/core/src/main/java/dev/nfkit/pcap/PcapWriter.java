// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Writes classic pcap ({@code pcap-savefile(5)}): one link type, no names, flags, comments or statistics. The file's
 * header is written with the first interface; until then the file is empty. One thread at a time.
 */
public final class PcapWriter extends BufferedCaptureWriter {
    static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
    static final int MAGIC_NANOSECONDS = 0xa1b23c4d;
    static final int FILE_HEADER = 24;
    static final int RECORD_HEADER = 16;

    private static final long SECOND = 1_000_000_000L;
    private static final int MICROSECOND = 1000;

    /**
     * The layout of records in the buffer.
     *
     * @param fraction nanoseconds for each unit of a record's fraction of a second
     */
    private record Layout(int fraction) implements BlockOutput.Layout {
        @Override
        public int length(ByteBuffer buffer, int at, boolean firstOfFile) {
            return firstOfFile ? FILE_HEADER : RECORD_HEADER + buffer.getInt(at + 8);
        }

        @Override
        public boolean isPacket(ByteBuffer buffer, int at, boolean firstOfFile) {
            return !firstOfFile;
        }

        @Override
        public long time(ByteBuffer buffer, int at) {
            return (buffer.getInt(at) & 0xffff_ffffL) * SECOND + (long) buffer.getInt(at + 4) * fraction;
        }

        @Override
        public void time(ByteBuffer buffer, int at, long epochNanos) {
            long seconds = epochNanos / SECOND;
            buffer.putInt(at, (int) seconds);
            buffer.putInt(at + 4, (int) (epochNanos - seconds * SECOND) / fraction);
        }
    }

    private final Layout layout;
    private int linkType;

    private PcapWriter(WritableByteChannel channel, ByteOrder order, boolean nanoseconds) {
        this(channel, order, new Layout(nanoseconds ? 1 : MICROSECOND));
    }

    private PcapWriter(WritableByteChannel channel, ByteOrder order, Layout layout) {
        super(new BlockOutput(channel, order, layout));
        this.layout = layout;
    }

    /**
     * A writer of times in microseconds, which all tools can read.
     *
     * @param channel the target, in blocking mode; the writer closes it
     * @param order the byte order of the file; it must be that of the packets' fields in host order
     * @return a new writer
     */
    public static PcapWriter microseconds(WritableByteChannel channel, ByteOrder order) {
        return new PcapWriter(channel, order, false);
    }

    /**
     * A writer of times in microseconds, which all tools can read.
     *
     * @param stream the target; the writer closes it
     * @param order the byte order of the file; it must be that of the packets' fields in host order
     * @return a new writer
     * @throws IllegalArgumentException if it is a PrintStream, which hides failed writes
     */
    public static PcapWriter microseconds(OutputStream stream, ByteOrder order) {
        return new PcapWriter(StreamChannel.over(stream), order, false);
    }

    /**
     * A writer of times in nanoseconds, with a magic number that libpcap supports from 1.5 on.
     *
     * @param channel the target, in blocking mode; the writer closes it
     * @param order the byte order of the file; it must be that of the packets' fields in host order
     * @return a new writer
     */
    public static PcapWriter nanoseconds(WritableByteChannel channel, ByteOrder order) {
        return new PcapWriter(channel, order, true);
    }

    /**
     * A writer of times in nanoseconds, with a magic number that libpcap supports from 1.5 on.
     *
     * @param stream the target; the writer closes it
     * @param order the byte order of the file; it must be that of the packets' fields in host order
     * @return a new writer
     * @throws IllegalArgumentException if it is a PrintStream, which hides failed writes
     */
    public static PcapWriter nanoseconds(OutputStream stream, ByteOrder order) {
        return new PcapWriter(StreamChannel.over(stream), order, true);
    }

    @Override
    public int addInterface(CaptureInterface iface) throws IOException {
        if (interfaces == 0) {
            writeHeader(iface.linkType());
        } else if (iface.linkType() != linkType) {
            throw new IllegalArgumentException("a classic pcap file has one link type: " + LinkType.describe(linkType)
                    + ", not also " + LinkType.describe(iface.linkType()));
        }
        return interfaces++;
    }

    private void writeHeader(int type) throws IOException {
        ByteBuffer buffer = output.reserve(FILE_HEADER);
        int at = output.at();
        buffer.putInt(at, layout.fraction() == MICROSECOND ? MAGIC_MICROSECONDS : MAGIC_NANOSECONDS);
        buffer.putShort(at + 4, (short) 2);
        buffer.putShort(at + 6, (short) 4);
        buffer.putInt(at + 8, 0);
        buffer.putInt(at + 12, 0);
        // Not an interface's own snap length: another interface may have a longer one, and readers cut packets at this
        // length.
        buffer.putInt(at + 16, MAX_PACKET);
        buffer.putInt(at + 20, type);
        output.commit(FILE_HEADER, false);
        linkType = type;
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
        checkTime(epochNanos);
        ByteBuffer buffer = output.reserve(RECORD_HEADER + length);
        int at = output.at();
        layout.time(buffer, at, output.admit(epochNanos));
        buffer.putInt(at + 8, length);
        buffer.putInt(at + 12, (int) Math.max(originalLength, length));
        buffer.put(at + 16, source, offset, length);
        output.commit(RECORD_HEADER + length, true);
    }

    @Override
    void checkTime(long epochNanos) {
        if (PacketArguments.checkTime(epochNanos) / SECOND > 0xffff_ffffL) {
            throw new IllegalArgumentException("epochNanos " + epochNanos + " is later than a classic file can hold");
        }
    }

    @Override
    public void statistics(int interfaceId, InterfaceStatistics statistics) {
        PacketArguments.checkInterface(interfaceId, interfaces);
    }
}
