// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.BytesView;
import dev.nfkit.packet.IpSummary;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes and reads capture files from Java. */
class CaptureTest {
    private static final byte[] UDP =
            HexFormat.of().parseHex("4500001c00000000401100000a0900010a090002afcd177000080000");

    /** Accepts all bytes and stores none. */
    private static final class Nowhere implements WritableByteChannel {
        @Override
        public int write(ByteBuffer source) {
            int count = source.remaining();
            source.position(source.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private interface Body {
        void run() throws IOException;
    }

    @TempDir
    Path temp;

    @Test
    void aFileIsWrittenAndReadBack() throws IOException {
        Path file = temp.resolve("capture.pcapng");
        CaptureSection section = CaptureSection.create().withApplication("example");
        try (CaptureWriter writer = new PcapngWriter(new FileOutputStream(file.toFile()), section)) {
            int group = writer.addInterface(CaptureInterface.of("nflog:30", LinkType.RAW));
            writer.packet(group, 1_000_000_001L, ByteBuffer.wrap(UDP), 0, UDP.length, UDP.length);
            writer.statistics(group, InterfaceStatistics.at(2_000_000_000L).withReceived(1));
        }
        try (CaptureReader reader = CaptureReader.open(file)) {
            CaptureRecord packet = reader.next();
            assertNotNull(packet);
            assertEquals(1_000_000_001L, packet.epochNanos());
            assertEquals("nflog:30", packet.captureInterface().name().orElseThrow());
            IpSummary ip = new IpSummary();
            assertTrue(ip.wrap(packet.data()));
            assertEquals("10.9.0.1", ip.source());
            assertEquals(6000, ip.destinationPort());
            assertNull(reader.next());
            assertEquals(1, reader.statistics(0).orElseThrow().received().orElseThrow());
            assertEquals(
                    List.of("example"),
                    reader.section().orElseThrow().application().stream().toList());
        }
    }

    @Test
    void writingAndSummingUpAPacketAllocatesNothing() throws IOException {
        ByteBuffer source = ByteBuffer.allocateDirect(4096).put(100, UDP);
        IpSummary ip = new IpSummary();
        BytesView bytes = new BytesView();
        StringBuilder text = new StringBuilder(200);
        for (CaptureWriter writer : List.of(
                new PcapngWriter(new Nowhere(), CaptureSection.create()),
                PcapWriter.microseconds(new Nowhere(), ByteOrder.nativeOrder()))) {
            int id = writer.addInterface(CaptureInterface.of(LinkType.RAW));
            Body body = () -> {
                for (int i = 0; i < 20_000; i++) {
                    ip.wrap(bytes.wrap(source, 100, UDP.length));
                    text.setLength(0);
                    ip.writeSource(text);
                    ip.writeDestination(text);
                    writer.packet(id, 1_000_000_000L + i, source, 100, UDP.length, ip.originalLength());
                    writer.packet(id, 1, source, 100, UDP.length, UDP.length, CaptureWriter.INBOUND, null);
                }
            };
            body.run();
            // Far less than a byte for each packet; the rest is the measurement's own.
            assertTrue(allocated(body) < 8192, "allocates per packet");
        }
    }

    private static long allocated(Body body) throws IOException {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(thread);
        body.run();
        return threads.getThreadAllocatedBytes(thread) - before;
    }
}
