// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowEnd;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.FlowTraffic;
import dev.nfkit.flows.ipfix.DataRecord;
import dev.nfkit.flows.ipfix.IpfixFormat;
import dev.nfkit.flows.ipfix.IpfixReader;
import dev.nfkit.flows.ipfix.IpfixReaderOptions;
import dev.nfkit.flows.ipfix.IpfixSink;
import dev.nfkit.flows.ipfix.IpfixTransport;
import dev.nfkit.flows.ipfix.IpfixWriter;
import dev.nfkit.flows.ipfix.MessageTarget;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.UnknownReason;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Messages of IPFIX yield reports and records, or are malformed; templates stay within their limits. A report that was
 * read can be written, and is then read unchanged.
 */
class IpfixFuzzTest {
    private static final IpfixReaderOptions LIMITS = IpfixReaderOptions.defaults()
            .withMaxTemplates(20)
            .withMaxFields(400)
            .withMaxDomains(4);
    private static final int LENGTH = 2;

    /** Keeps reports, and counts records. */
    private static final class Read implements IpfixSink<RuntimeException> {
        final List<FlowReport> reports = new ArrayList<>();
        int records;

        @Override
        public void report(FlowReport report) {
            reports.add(report);
        }

        @Override
        public void record(DataRecord record) {
            records++;
            Shown.of(record);
        }
    }

    private static IpfixReader reader(IpfixTransport transport, IpfixReaderOptions options) {
        return new IpfixReader("fuzz", transport, options, () -> 0);
    }

    /** A byte for the transport, and messages, each with its length in two bytes before it. */
    @MethodSource("seeds")
    @FuzzTest
    void messages(byte[] data) throws MalformedMessageException {
        List<FlowReport> reports = new ArrayList<>();
        Budget.within(data, () -> {
            Read read = read(data);
            reports.clear();
            reports.addAll(read.reports);
            if (read.records + reports.size() > data.length) {
                throw new AssertionError("more records than bytes");
            }
        });
        for (FlowReport report : reports) {
            rewrite(report);
        }
    }

    private static Read read(byte[] data) {
        Input input = new Input(data);
        IpfixReader reader = reader((input.u8() & 1) == 0 ? IpfixTransport.UDP : IpfixTransport.TCP, LIMITS);
        ByteBuffer rest = ByteBuffer.wrap(input.rest());
        Read read = new Read();
        while (rest.remaining() > LENGTH) {
            int length = Math.min(rest.getShort() & 0xffff, rest.remaining());
            ByteBuffer message = rest.slice(rest.position(), length);
            rest.position(rest.position() + length);
            try {
                reader.read(message, read);
            } catch (MalformedMessageException e) {
                if (e.offset() < 0 || e.offset() > length) {
                    throw new AssertionError("an error at " + e.offset() + " of " + length, e);
                }
            }
            if (reader.templates() > LIMITS.maxTemplates()) {
                throw new AssertionError(reader.templates() + " templates");
            }
        }
        return read;
    }

    private static void rewrite(FlowReport report) throws MalformedMessageException {
        IpfixReader reader = reader(IpfixTransport.TCP, IpfixReaderOptions.defaults());
        Read again = new Read();
        IpfixWriter<MalformedMessageException> writer = writer((message, contents) -> reader.read(message, again));
        if (writer.add(report)) {
            writer.flush();
            if (writer.shortened() == 0 && !again.reports.equals(List.of(report))) {
                throw new AssertionError(report + " was read as " + again.reports);
            }
        }
    }

    private static <E extends Exception> IpfixWriter<E> writer(MessageTarget<E> target) {
        IpfixFormat format = IpfixFormat.defaults().withMessageSize(0xffff).withCommandLines(true);
        return new IpfixWriter<>(format, Clock.systemUTC(), target);
    }

    static Stream<byte[]> seeds() throws UnknownHostException {
        InetAddress four = InetAddress.getByName("192.0.2.1");
        InetAddress six = InetAddress.getByName("2001:db8::1");
        Attribution curl = new Attribution.Known(new ProcessInfo(
                7, Duration.ofSeconds(1), "curl", Optional.of("/usr/bin/curl"), List.of("curl"), 0, Optional.of("/")));
        Attribution unknown = Attribution.unknown(UnknownReason.FORWARDED);
        FlowTime time = FlowTime.byKernel(1_700_000_000_000_000_001L);
        return Stream.of(
                seed(flow(ConntrackTuple.tcp(four, 1, four, 2), ConntrackTuple.tcp(four, 2, four, 3), curl)),
                seed(flow(ConntrackTuple.icmp(six, six, 1, 128, 0), ConntrackTuple.icmp(six, six, 1, 129, 0), unknown)),
                seed(flow(ConntrackTuple.of(47, four, four), ConntrackTuple.of(47, four, four), unknown)),
                seed(new FlowLoss("h", FlowLoss.Place.SOCKET, time, time, 1, 2, 3, 4)));
    }

    private static FlowRecord flow(ConntrackTuple original, ConntrackTuple reply, Attribution process) {
        FlowTime time = FlowTime.atReceipt(1_700_000_000_000_000_001L);
        return new FlowRecord(
                "h",
                new UUID(1, 2),
                3,
                4,
                original.inZone(5),
                reply,
                6,
                7,
                BigInteger.TEN,
                8,
                FlowTraffic.whole(9, 10),
                FlowTraffic.NONE,
                time,
                time,
                time,
                FlowEnd.ACTIVE,
                Set.of(FlowDoubt.CHANGES_LOST),
                Optional.of("eth0"),
                process);
    }

    private static byte[] seed(FlowReport report) {
        ByteBuffer bytes = ByteBuffer.allocate(2048).put((byte) 0);
        IpfixWriter<RuntimeException> writer = writer((message, contents) -> {
            bytes.putShort((short) message.remaining()).put(message);
        });
        writer.add(report);
        writer.flush();
        byte[] seed = new byte[bytes.position()];
        bytes.get(0, seed);
        return seed;
    }
}
