// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Decodes the connection of a packet or an entry of a dump, and reads its fields. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ConntrackDecodeBenchmark {
    private static final int ESTABLISHED = 3;
    private static final int SEEN_AND_ASSURED = 14;

    private final EntryAttributes view = new EntryAttributes(null);
    private final ConntrackEntry entry = new ConntrackEntry(view);
    private ByteBuffer attributes = ByteBuffer.allocate(0);

    /** A benchmark. */
    public ConntrackDecodeBenchmark() {}

    /**
     * Writes the attributes that the kernel sends for a TCP connection.
     *
     * @throws UnknownHostException never
     */
    @Setup
    public void write() throws UnknownHostException {
        ConntrackTuple tuple = ConntrackTuple.tcp(
                InetAddress.getByAddress(new byte[] {10, 0, 0, 1}),
                40_000,
                InetAddress.getByAddress(new byte[] {10, 0, 0, 2}),
                443);
        MessageWriter writer = new MessageWriter(1024, ByteOrder.nativeOrder());
        writer.begin(0x100, 0, 0);
        tuple.writeTo(writer, ConntrackAttribute.TUPLE_ORIG.code());
        tuple.inverted().writeTo(writer, ConntrackAttribute.TUPLE_REPLY.code());
        writer.be32(ConntrackAttribute.STATUS.code(), SEEN_AND_ASSURED);
        writer.be32(ConntrackAttribute.TIMEOUT.code(), 431_999);
        for (ConntrackAttribute counters :
                new ConntrackAttribute[] {ConntrackAttribute.COUNTERS_ORIG, ConntrackAttribute.COUNTERS_REPLY}) {
            int nest = writer.beginNest(counters.code());
            writer.be64(ConntrackAttribute.Counters.PACKETS.code(), 10);
            writer.be64(ConntrackAttribute.Counters.BYTES.code(), 1000);
            writer.endNest(nest);
        }
        int info = writer.beginNest(ConntrackAttribute.PROTOINFO.code());
        int tcp = writer.beginNest(ConntrackAttribute.ProtoInfo.TCP.code());
        writer.u8(ConntrackAttribute.Tcp.STATE.code(), ESTABLISHED);
        writer.endNest(tcp).endNest(info);
        writer.be32(ConntrackAttribute.MARK.code(), 7).be32(ConntrackAttribute.ID.code(), 1);
        ByteBuffer datagram = writer.end().datagram();
        attributes = datagram.position(Netlink.NLMSG_HDRLEN).slice();
    }

    /**
     * Decodes an entry and reads the fields that need no object.
     *
     * @return a value computed from the fields
     * @throws MalformedMessageException never
     */
    @Benchmark
    public long entry() throws MalformedMessageException {
        view.wrap(attributes, 0, attributes.capacity(), ByteOrder.nativeOrder());
        return entry.mark()
                + entry.status()
                + entry.timeout()
                + entry.protocolState()
                + entry.bytes(Direction.REPLY)
                + entry.id();
    }

    /**
     * Decodes an entry and reads both tuples.
     *
     * @return a value computed from the tuples
     * @throws MalformedMessageException never
     */
    @Benchmark
    public long entryAndTuples() throws MalformedMessageException {
        view.wrap(attributes, 0, attributes.capacity(), ByteOrder.nativeOrder());
        return entry.mark() + entry.original().sourcePort() + entry.reply().destinationPort();
    }
}
