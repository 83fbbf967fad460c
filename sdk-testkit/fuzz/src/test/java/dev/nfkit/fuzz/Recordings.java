// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.pcap.CaptureInterface;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.pcap.PcapWriter;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The seeds: the recordings of the testkit, in the forms that the fuzz tests take. All are little-endian. */
public final class Recordings {
    private static final int NFLOG = 4;
    private static final int NFQUEUE = 3;

    private static final int FILE_HEADER = 24;
    private static final int RECORD_HEADER = 16;
    private static final int CAPTURED_LENGTH = 8;
    private static final int LONGEST_PIECE = 700;

    private Recordings() {}

    /**
     * The recordings as files: those of the testkit, split into files of some records, since a fuzzer reads a short
     * input a hundred times as often as a long one.
     */
    public static Stream<byte[]> files() {
        return paths().stream().map(Recordings::read).flatMap(file -> pieces(file).stream());
    }

    /** Splits a file in the classic format. */
    private static List<byte[]> pieces(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> pieces = new ArrayList<>();
        for (int from = FILE_HEADER; from < file.length; ) {
            int to = from;
            do {
                to += RECORD_HEADER + bytes.getInt(to + CAPTURED_LENGTH);
            } while (to < file.length
                    && to - from + RECORD_HEADER + bytes.getInt(to + CAPTURED_LENGTH) <= LONGEST_PIECE);
            byte[] piece = new byte[FILE_HEADER + to - from];
            System.arraycopy(file, 0, piece, 0, FILE_HEADER);
            System.arraycopy(file, from, piece, FILE_HEADER, to - from);
            pieces.add(piece);
            from = to;
        }
        return pieces;
    }

    private static List<Path> paths() {
        try {
            URL found = Objects.requireNonNull(Recordings.class.getResource("/traces"), "no recordings");
            try (Stream<Path> files = Files.walk(Path.of(found.toURI()))) {
                return files.filter(file -> file.toString().endsWith(".pcap"))
                        .sorted()
                        .toList();
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The logged packets of the recordings as captures of NFLOG, a file for each datagram. */
    public static Stream<byte[]> captures() {
        return nflog().map(Recordings::capture);
    }

    private static byte[] capture(byte[] seed) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        MessageCursor message =
                new MessageCursor().wrap(ByteBuffer.wrap(seed), 1, seed.length - 1, ByteOrder.LITTLE_ENDIAN);
        try (PcapWriter writer = PcapWriter.microseconds(stream, ByteOrder.LITTLE_ENDIAN)) {
            int id = writer.addInterface(CaptureInterface.of(LinkType.NFLOG));
            while (message.next()) {
                int at = message.bodyOffset();
                int length = message.end() - at;
                writer.packet(id, 0, message.buffer(), at, length, length);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return stream.toByteArray();
    }

    private static Stream<TraceEntry> entries() {
        return paths().stream().flatMap(file -> {
            try {
                Trace trace = Trace.read(file);
                return trace.order() == ByteOrder.LITTLE_ENDIAN ? trace.entries().stream() : Stream.empty();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Datagrams of NFLOG, after a control byte for the byte order. */
    public static Stream<byte[]> nflog() {
        return datagrams(NFLOG);
    }

    /** Datagrams of NFQUEUE, after a control byte for the byte order. */
    public static Stream<byte[]> nfqueue() {
        return datagrams(NFQUEUE);
    }

    /** Datagrams of connections and expectations, after a control byte for the byte order. */
    public static Stream<byte[]> conntrack() {
        return Stream.concat(datagrams(1), datagrams(2));
    }

    /** Datagrams of every kind, after a control byte for the byte order. */
    public static Stream<byte[]> datagrams() {
        return distinct(entries()
                .filter(entry -> entry.kind() == TraceKind.FROM_KERNEL || entry.kind() == TraceKind.TO_KERNEL)
                .map(entry -> entry.datagram().toArray()));
    }

    /** Datagrams that were sent to the kernel, after a 0 that stands for the length of the rest. */
    public static Stream<byte[]> requests() {
        return distinct(entries()
                .filter(entry -> entry.kind() == TraceKind.TO_KERNEL)
                .map(entry -> entry.datagram().toArray()));
    }

    private static Stream<byte[]> datagrams(int subsystem) {
        return distinct(entries()
                .map(TraceEntry::datagram)
                .filter(datagram -> datagram.length() > 20 && datagram.u8(5) == subsystem)
                .map(Bytes::toArray));
    }

    /** One datagram of each length: the fuzzer finds those that differ in numbers only. */
    private static Stream<byte[]> distinct(Stream<byte[]> datagrams) {
        Map<Integer, byte[]> byLength = new LinkedHashMap<>();
        datagrams.forEach(datagram -> byLength.putIfAbsent(datagram.length, datagram));
        return byLength.values().stream().map(datagram -> {
            byte[] seed = new byte[datagram.length + 1];
            System.arraycopy(datagram, 0, seed, 1, datagram.length);
            return seed;
        });
    }

    /** The payloads of the recorded packets. */
    public static Stream<byte[]> packets() {
        Map<String, byte[]> found = new LinkedHashMap<>();
        entries().filter(entry -> entry.kind() == TraceKind.FROM_KERNEL).forEach(entry -> {
            for (byte[] packet : payloads(entry.datagram())) {
                if (packet.length > 0) {
                    found.putIfAbsent((packet[0] >> 4) + " " + packet.length, packet);
                }
            }
        });
        return found.values().stream();
    }

    private static Collection<byte[]> payloads(Bytes datagram) {
        List<byte[]> payloads = new ArrayList<>();
        MessageCursor message =
                new MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), ByteOrder.LITTLE_ENDIAN);
        try {
            while (message.next()) {
                int subsystem = message.type() >> 8;
                if (subsystem == NFLOG) {
                    payloads.add(NflogPacket.read(message, 0).payload().toArray());
                } else if (subsystem == NFQUEUE) {
                    payloads.add(QueuedPacket.read(message, 0).payload().toArray());
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
        return payloads;
    }
}
