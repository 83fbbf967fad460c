// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowMeter;
import dev.nfkit.flows.FlowMeterOptions;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.ipfix.DataRecord;
import dev.nfkit.flows.ipfix.IpfixCollector;
import dev.nfkit.flows.ipfix.IpfixCollectorOptions;
import dev.nfkit.flows.ipfix.IpfixExporter;
import dev.nfkit.flows.ipfix.IpfixExporterOptions;
import dev.nfkit.flows.ipfix.IpfixFormat;
import dev.nfkit.flows.ipfix.IpfixSink;
import dev.nfkit.flows.ipfix.IpfixTransport;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;

/** The code of the guide to flow records. */
public final class Flows {
    private Flows() {}

    /** Prints flow records until another thread stops the meter. */
    public static void meter(NetlinkTransport transport, PrintStream out) throws NetlinkException {
        FlowMeterOptions options = FlowMeterOptions.builder()
                .host("fw1")
                .activeTimeout(Duration.ofSeconds(30))
                .build();
        try (FlowMeter meter = FlowMeter.open(transport, options)) {
            meter.run(report -> out.println(describe(report)));
        }
    }

    /** A report as a line. */
    public static String describe(FlowReport report) {
        if (report instanceof FlowRecord flow) {
            long bytes = flow.traffic(Direction.ORIGINAL).deltaBytes()
                    + flow.traffic(Direction.REPLY).deltaBytes();
            return flow.original() + ": " + bytes + " bytes, " + flow.reason() + ", " + flow.doubts();
        } else if (report instanceof FlowLoss loss) {
            return loss.events() + " events lost, " + loss.unseen() + " connections without a record";
        }
        throw new AssertionError(report);
    }

    /** Exports flow records until another thread stops the meter. */
    public static void export(NetlinkTransport transport, InetSocketAddress collector)
            throws NetlinkException, IOException {
        IpfixExporterOptions options = IpfixExporterOptions.builder()
                .format(IpfixFormat.defaults().withObservationDomain(7))
                .build();
        try (FlowMeter meter =
                        FlowMeter.open(transport, FlowMeterOptions.builder().build());
                IpfixExporter exporter = IpfixExporter.open(collector, IpfixTransport.UDP, options)) {
            while (meter.poll(exporter, Duration.ofSeconds(1)) >= 0) {
                exporter.flush();
            }
        }
    }

    /** Prints what exporters send until another thread closes the collector. */
    public static void collect(IpfixCollector collector, PrintStream out) throws IOException {
        IpfixSink<RuntimeException> sink = new IpfixSink<>() {
            @Override
            public void report(FlowReport report) {
                out.println(describe(report));
            }

            @Override
            public void record(DataRecord record) {
                out.println(record.exporter() + ": " + record);
            }

            @Override
            public void lost(String exporter, long domain, long records) {
                out.println(exporter + ": " + records + " records did not arrive");
            }
        };
        int messages = 0;
        while (messages >= 0) {
            messages = collector.poll(sink, Duration.ofSeconds(1));
        }
    }

    /** Opens a collector on the port of IPFIX. */
    public static IpfixCollector collector() throws IOException {
        return IpfixCollector.open(
                new InetSocketAddress(IpfixExporter.PORT),
                IpfixCollectorOptions.builder().maxExporters(100).build());
    }
}
