// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.NetlinkException;
import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowMeter;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowStatistics;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.ipfix.ExportStatistics;
import dev.nfkit.flows.ipfix.IpfixExporter;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Outcome;
import dev.nfkit.samples.cli.run.PollLoop;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Meters the connections of this host: prints the records, and exports them. */
final class MeterRun implements PollLoop.Work {
    private static final long FLUSH_NANOS = 100_000_000L;

    private final FlowMeter meter;
    private final FlowOutput output;
    private final @Nullable IpfixExporter exporter;
    private boolean countHint;
    private boolean timeHint;

    MeterRun(FlowMeter meter, FlowOutput output, @Nullable IpfixExporter exporter) {
        this.meter = meter;
        this.output = output;
        this.exporter = exporter;
    }

    int await() throws Failure {
        return Outcome.of(this::run, () -> Messages.print(summary()));
    }

    private void run() throws NetlinkException, WriteFailure {
        try (meter) {
            PollLoop.run(this, FLUSH_NANOS, 0);
            flush();
        } finally {
            if (exporter != null) {
                exporter.close();
            }
        }
    }

    @Override
    public NetfilterSession session() {
        return meter;
    }

    @Override
    public int poll(Duration timeout) throws NetlinkException, WriteFailure {
        return meter.poll(this::take, timeout);
    }

    private void take(FlowReport report) throws WriteFailure {
        if (output.isFull()) {
            return;
        }
        if (report instanceof FlowRecord flow) {
            hints(flow);
        }
        output.report(report);
        if (exporter != null) {
            try {
                exporter.report(report);
            } catch (IOException e) {
                throw new WriteFailure("IPFIX", e);
            }
        }
        if (output.isFull()) {
            meter.close();
        }
    }

    /** What the kernel would do for the records, once each. */
    private void hints(FlowRecord flow) {
        if (!countHint && flow.doubts().contains(FlowDoubt.NOT_COUNTED)) {
            countHint = true;
            Messages.print("nfkit flows: the kernel does not count packets and bytes;"
                    + " sysctl -w net.netfilter.nf_conntrack_acct=1 makes it count those of new connections");
        }
        if (!timeHint && flow.start().source() == FlowTime.Source.RECEIPT) {
            timeHint = true;
            Messages.print("nfkit flows: the kernel keeps no times of connections;"
                    + " sysctl -w net.netfilter.nf_conntrack_timestamp=1 makes it keep those of new connections");
        }
    }

    private String summary() {
        FlowStatistics flows = meter.flowStatistics();
        StringBuilder text = new StringBuilder("nfkit flows: ");
        text.append(output.records()).append(" records; ");
        text.append(flows.begun() + flows.joined() + flows.found() + flows.foundAtEnd())
                .append(" connections, ");
        text.append(flows.unseen()).append(" more unseen; ");
        text.append(flows.events().socketDrops()).append(" events lost in ");
        text.append(flows.losses()).append(flows.losses() == 1 ? " loss" : " losses");
        if (exporter != null) {
            ExportStatistics sent = exporter.statistics();
            text.append("; exported ")
                    .append(sent.records())
                    .append(" records in ")
                    .append(sent.messages());
            text.append(" messages, ").append(sent.notSentRecords()).append(" records not sent");
            if (sent.refused() > 0) {
                text.append(", ").append(sent.refused()).append(" messages refused by the collector's host");
            }
        }
        return text.append('.').toString();
    }

    @Override
    public boolean dirty() {
        return output.pending();
    }

    @Override
    public void flush() throws WriteFailure {
        output.flush();
        if (exporter != null) {
            exporter.flush();
        }
    }

    @Override
    public void look(long now) {
        // Nothing is scheduled.
    }
}
