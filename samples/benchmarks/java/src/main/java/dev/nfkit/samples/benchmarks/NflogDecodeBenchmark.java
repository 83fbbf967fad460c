// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.PacketSink;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import java.time.Duration;
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
 * Measures what a session costs in addition to the system call: one poll delivers a datagram of packets, and the mark,
 * prefix, timestamp and payload of each packet are read. Run it with {@code -prof gc}: it must allocate nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Thread)
public class NflogDecodeBenchmark {
    private static final int GROUP = 30;

    /** Packets of a datagram. */
    @Param({"64", "600"})
    public int packets;

    @SuppressWarnings("NullAway.Init") // by open()
    private NflogSession session;

    private final PacketSink<NflogPacket, RuntimeException> look = this::look;
    private long sink;

    /**
     * Opens a session over a socket without a kernel.
     *
     * @throws NetlinkException never
     */
    @Setup
    public void open() throws NetlinkException {
        NflogOptions options = NflogOptions.builder()
                .group(GROUP, group -> group.copyRange(128).bufferSize(131_072))
                .build();
        session = NflogSession.open(RepeatingSocket.nflog(GROUP, packets), options);
    }

    /**
     * Polls once, which delivers one datagram.
     *
     * @return a value that depends on the fields read
     * @throws NetlinkException never
     */
    @Benchmark
    public long datagram() throws NetlinkException {
        session.poll(look, Duration.ZERO);
        return sink;
    }

    private void look(NflogPacket packet) {
        sink += packet.mark();
        sink += packet.prefix().length();
        if (packet.has(NflogAttribute.TIMESTAMP)) {
            sink += packet.timestampNanos();
        }
        int length = packet.payload().length();
        if (length > 0) {
            sink += packet.payload().u8(0);
        }
    }
}
