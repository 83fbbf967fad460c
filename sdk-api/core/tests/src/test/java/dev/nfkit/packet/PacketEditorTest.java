// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Reads and rewrites packets from Java. */
class PacketEditorTest {
    /** UDP from 10.9.0.1:45005 to 10.9.0.2:6000, without a payload and without a checksum. */
    private static final byte[] UDP =
            HexFormat.of().parseHex("4500001c00000000401166bd0a0900010a090002afcd177000080000");

    private interface Body {
        void run() throws PacketEditException;
    }

    @Test
    void aDatagramIsSentElsewhereWithAnotherPayload() throws PacketEditException, UnknownHostException {
        Bytes changed = new PacketEditor()
                .edit(Bytes.of(UDP))
                .destination(InetAddress.getByName("192.0.2.53"))
                .destinationPort(53)
                .payload("question".getBytes(StandardCharsets.US_ASCII))
                .result();
        IpSummary ip = new IpSummary();
        BytesView payload = new BytesView();
        assertTrue(ip.wrap(changed));
        assertTrue(ip.payload(payload));
        assertEquals("192.0.2.53", ip.destination());
        assertEquals(53, ip.destinationPort());
        assertEquals("question", new String(payload.toArray(), StandardCharsets.US_ASCII));
        PacketChecksums checksums = new PacketChecksums();
        assertTrue(checksums.wrap(changed));
        assertEquals(ChecksumState.RIGHT, checksums.header());
        assertEquals(ChecksumState.NONE, checksums.transport());
    }

    @Test
    void aRefusalIsCheckedAndTyped() {
        byte[] fragment = UDP.clone();
        fragment[6] = 0x20;
        PacketEditException refused = assertThrows(
                PacketEditException.class,
                () -> new PacketEditor().edit(Bytes.of(fragment)).sourcePort(1));
        assertEquals(PacketEditException.Reason.FRAGMENT, refused.reason());
    }

    @Test
    void editingVerifyingAndWalkingOptionsAllocateNothing() throws PacketEditException {
        byte[] tcp = HexFormat.of()
                .parseHex("45000038000000004006664e0a0900010a090002" + "afcd1770bec3a8245054584690100000abcd0000"
                        + "01010402020405b401010101" + "00000001");
        ByteBuffer received = ByteBuffer.allocateDirect(4096).put(100, tcp);
        BytesView borrowed = new BytesView();
        Bytes payload = Bytes.of(new byte[1000]);
        Ipv4View ip = new Ipv4View();
        TcpView view = new TcpView();
        TcpOptions options = new TcpOptions();
        PacketChecksums checksums = new PacketChecksums();
        PacketEditor editor = new PacketEditor();
        long[] sink = new long[1];
        Body body = () -> {
            for (int i = 0; i < 20_000; i++) {
                borrowed.wrap(received, 100, tcp.length);
                ip.wrap(borrowed);
                view.wrap(borrowed, ip.payloadOffset());
                options.wrap(view);
                sink[0] += options.maximumSegmentSize();
                checksums.wrap(borrowed);
                sink[0] += checksums.transport().ordinal();
                editor.edit(borrowed, (i & 1) == 0)
                        .sourceBits(i)
                        .destinationPort(i)
                        .ttl(3)
                        .payload(payload);
                sink[0] += editor.result().length();
            }
        };
        body.run();
        // Far less than a byte for each packet; the rest is the measurement's own.
        assertTrue(allocated(body) < 8192, "allocates per packet");
        assertEquals(40_000L * (1460 + 1 + 1056), sink[0]);
    }

    private static long allocated(Body body) throws PacketEditException {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(thread);
        body.run();
        return threads.getThreadAllocatedBytes(thread) - before;
    }
}
