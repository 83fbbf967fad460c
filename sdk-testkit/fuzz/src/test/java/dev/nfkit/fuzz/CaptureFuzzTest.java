// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.pcap.CaptureReader;
import dev.nfkit.pcap.CaptureRecord;
import dev.nfkit.pcap.CaptureSection;
import dev.nfkit.pcap.PcapFormatException;
import dev.nfkit.pcap.PcapngWriter;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceReader;
import dev.nfkit.trace.TraceWriter;
import dev.nfkit.wire.MessageCursor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes capture files, recordings and the anonymizer. A file yields packets or a {@link PcapFormatException}. What was
 * read can be written, and is then read unchanged.
 */
class CaptureFuzzTest {
    private static final int SHORTEST_RECORD = 12;
    private static final byte[] KEY = new byte[32];

    /** The packets up to the end, or up to a malformed one. */
    private static List<CaptureRecord> packets(byte[] file) {
        List<CaptureRecord> packets = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.of(new ByteArrayInputStream(file), "fuzz")) {
            try {
                for (CaptureRecord next = reader.next(); next != null; next = reader.next()) {
                    packets.add(next);
                    if ((long) packets.size() * SHORTEST_RECORD > file.length) {
                        throw new AssertionError("more packets than the file can hold");
                    }
                }
            } finally {
                for (int i = 0; i < reader.interfaces().size(); i++) {
                    reader.statistics(i).ifPresent(Shown::of);
                }
                reader.section().ifPresent(Shown::of);
            }
        } catch (PcapFormatException e) {
            if (e.offset() < 0) {
                throw new AssertionError("an error at " + e.offset(), e);
            }
        } catch (IOException e) {
            throw new AssertionError("an array can be read", e);
        }
        return packets;
    }

    @MethodSource("files")
    @FuzzTest
    void capture(byte[] file) throws IOException {
        List<CaptureRecord> packets = new ArrayList<>();
        Budget.within(file, () -> {
            packets.clear();
            packets.addAll(packets(file));
            packets.forEach(Shown::of);
        });
        if (!packets.isEmpty()) {
            rewrite(packets);
        }
    }

    private static void rewrite(List<CaptureRecord> packets) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        List<CaptureRecord> written = new ArrayList<>();
        try (PcapngWriter writer = new PcapngWriter(stream, CaptureSection.create())) {
            for (CaptureRecord packet : packets) {
                if (packet.epochNanos() >= 0) { // a simple packet block has no time
                    int id = writer.addInterface(packet.captureInterface());
                    ByteBuffer data = packet.data().toByteBuffer();
                    writer.packet(
                            id,
                            packet.epochNanos(),
                            data,
                            data.position(),
                            data.remaining(),
                            packet.originalLength(),
                            packet.flags(),
                            packet.comment().orElse(null));
                    written.add(packet);
                }
            }
        }
        List<CaptureRecord> again = packets(stream.toByteArray());
        if (again.size() != written.size()) {
            throw new AssertionError(written.size() + " packets were written, " + again.size() + " read");
        }
        for (int i = 0; i < again.size(); i++) {
            String expected = summary(written.get(i));
            if (!summary(again.get(i)).equals(expected)) {
                throw new AssertionError("written: " + expected + "\nread: " + summary(again.get(i)));
            }
        }
    }

    private static String summary(CaptureRecord packet) {
        return packet.epochNanos() + " " + packet.linkType() + " " + packet.flags() + " "
                + Math.max(packet.originalLength(), packet.data().length()) + " " + packet.comment() + " "
                + packet.data().toHex();
    }

    /** The recordings, unchanged and as pcapng, and captures. */
    static Stream<byte[]> files() {
        Stream<byte[]> asPcapng = Recordings.files().map(file -> {
            try {
                return written(Trace.read(new ByteArrayInputStream(file), "seed"));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        return Stream.concat(Stream.concat(Recordings.files(), asPcapng), Recordings.captures());
    }

    private static byte[] written(Trace trace) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (TraceWriter writer = new TraceWriter(stream, trace.order(), "fuzz")) {
            for (TraceEntry entry : trace.entries()) {
                writer.write(entry);
            }
        }
        return stream.toByteArray();
    }

    @MethodSource("files")
    @FuzzTest
    void recording(byte[] file) throws IOException {
        try {
            Budget.within(file, () -> readThrough(file));
        } catch (PcapFormatException e) {
            return; // the only error for malformed input
        }
        Trace trace = Trace.read(new ByteArrayInputStream(file), "fuzz");
        requireSame(trace, Trace.read(new ByteArrayInputStream(written(trace)), "again"));
    }

    private static void readThrough(byte[] file) throws IOException {
        try (TraceReader reader = TraceReader.of(new ByteArrayInputStream(file), "fuzz")) {
            for (long entries = 0; reader.next(); entries++) {
                if (entries * SHORTEST_RECORD > file.length) {
                    throw new AssertionError("more entries than the file can hold");
                }
                Shown.of(reader);
                Shown.of(reader.entry());
            }
        }
    }

    private static void requireSame(Trace expected, Trace found) {
        if (found.entries().size() != expected.entries().size()) {
            throw new AssertionError(expected.entries().size() + " entries were written, "
                    + found.entries().size() + " read");
        }
        for (int i = 0; i < found.entries().size(); i++) {
            String before = text(expected.entries().get(i));
            if (!text(found.entries().get(i)).equals(before)) {
                throw new AssertionError(
                        "written: " + before + "\nread: " + text(found.entries().get(i)));
            }
        }
    }

    private static String text(TraceEntry entry) {
        return entry.kind() + " " + entry.epochNanos() + " " + entry.protocol() + " " + entry.truncated() + " "
                + entry.comment() + " " + entry.datagram().toHex();
    }

    /** An anonymized recording can be parsed, has the same shape, and is the same for the same key. */
    @MethodSource("files")
    @FuzzTest
    void anonymizer(byte[] file) throws IOException {
        Trace trace;
        try {
            trace = Trace.read(new ByteArrayInputStream(file), "fuzz");
        } catch (PcapFormatException e) {
            return;
        }
        Trace anonymous = anonymous(trace);
        for (int i = 0; i < trace.entries().size(); i++) {
            TraceEntry before = trace.entries().get(i);
            TraceEntry after = anonymous.entries().get(i);
            if (after.kind() != before.kind()
                    || after.epochNanos() != before.epochNanos()
                    || after.datagram().length() != before.datagram().length()
                    || after.truncated() != before.truncated()) {
                throw new AssertionError(text(before) + "\nbecame\n" + text(after));
            }
            String shape = shape(before, trace.order());
            if (!shape(after, trace.order()).equals(shape)) {
                throw new AssertionError(text(before) + "\nof the messages " + shape + "\nbecame\n" + text(after)
                        + "\nof the messages " + shape(after, trace.order()));
            }
        }
        Budget.within(file, () -> requireSame(anonymous, anonymous(trace)));
        written(anonymous);
    }

    /** The key itself: deriving one from a seed is slow on purpose. */
    private static Trace anonymous(Trace trace) {
        return TraceAnonymizer.withKey(trace.order(), KEY).anonymize(trace);
    }

    /** The types, flags and lengths of the messages of a datagram, up to a malformed one. */
    private static String shape(TraceEntry entry, ByteOrder order) {
        StringBuilder shape = new StringBuilder();
        MessageCursor message = new MessageCursor()
                .wrap(entry.datagram().toByteBuffer(), 0, entry.datagram().length(), order);
        try {
            while (message.next()) {
                shape.append(message.type()).append('/').append(message.flags());
                shape.append('+').append(message.length()).append(' ');
            }
        } catch (MalformedMessageException e) {
            shape.append("malformed");
        }
        return shape.toString();
    }
}
