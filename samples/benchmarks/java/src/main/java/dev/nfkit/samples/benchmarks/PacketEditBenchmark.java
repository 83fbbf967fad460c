// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.BytesView;
import dev.nfkit.packet.InternetChecksum;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the rewriting of a packet: copying it out of a receive buffer and updating its checksums. Run it with {@code
 * -prof gc}: it must allocate nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Thread)
public class PacketEditBenchmark {
    private static final int HEADERS = 28;

    /** The packet's length with its headers, in bytes. */
    @Param({"92", "1500", "65535"})
    public int length;

    private final PacketEditor editor = new PacketEditor();
    private final BytesView packet = new BytesView();
    private final BytesView payload = new BytesView();
    private int counter;

    /** Puts a UDP packet over IPv4 into a direct buffer, as receive buffers are direct. */
    @Setup
    public void fill() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length + 64);
        packet.wrap(buffer, 48, length);
        payload.wrap(ByteBuffer.allocateDirect(length), 0, length - HEADERS);
        buffer.put(48, (byte) 0x45).put(48 + 8, (byte) 64).put(48 + 9, (byte) 17);
        buffer.putShort(48 + 2, (short) length).putShort(48 + 24, (short) (length - HEADERS + 8));
        buffer.putShort(48 + 26, (short) 1);
    }

    /**
     * Computes the checksum only.
     *
     * @return the sum
     */
    @Benchmark
    public long sum() {
        return InternetChecksum.sum(packet, 0, length);
    }

    /**
     * Replaces an address and a port, as NAT does, and updates the checksums incrementally.
     *
     * @return the length of the result, in bytes
     * @throws PacketEditException never
     */
    @Benchmark
    public int readdress() throws PacketEditException {
        return editor.edit(packet)
                .destinationBits(counter++)
                .destinationPort(53)
                .result()
                .length();
    }

    /**
     * Replaces an address and a port of a packet whose checksum is not ready: the checksum is computed in full.
     *
     * @return the length of the result, in bytes
     * @throws PacketEditException never
     */
    @Benchmark
    public int readdressNotReady() throws PacketEditException {
        return editor.edit(packet, true)
                .destinationBits(counter++)
                .destinationPort(53)
                .result()
                .length();
    }

    /**
     * Replaces the payload.
     *
     * @return the length of the result, in bytes
     * @throws PacketEditException never
     */
    @Benchmark
    public int payload() throws PacketEditException {
        return editor.edit(packet).payload(payload).result().length();
    }
}
