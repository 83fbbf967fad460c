// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.flows.ipfix.CollectorStatistics;
import dev.nfkit.flows.ipfix.IpfixCollector;
import dev.nfkit.flows.ipfix.ReadStatistics;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.Summary;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Prints what exporters of IPFIX send. */
final class CollectRun {
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final IpfixCollector collector;
    private final FlowOutput output;
    private volatile boolean stopped;

    CollectRun(IpfixCollector collector, FlowOutput output) {
        this.collector = collector;
        this.output = output;
    }

    /** Ends the run; any thread. */
    void stop() {
        stopped = true;
        collector.wakeup();
    }

    int await() throws Failure {
        try (collector) {
            while (!stopped && !output.isFull()) {
                if (collector.poll(output, output.pending() ? PAUSE : TICK) == 0) {
                    output.flush();
                }
            }
            output.flush();
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0;
            }
            throw Failure.running(e);
        } catch (IOException e) {
            throw Failure.running(e);
        }
        Messages.print(summary());
        return 0;
    }

    private String summary() {
        CollectorStatistics all = collector.statistics();
        ReadStatistics read = all.read();
        StringBuilder text = new StringBuilder("nfkit flows: ");
        text.append(output.records())
                .append(" records in ")
                .append(read.messages())
                .append(" messages, ");
        text.append(read.lost()).append(" records lost");
        List<String> details = new ArrayList<>();
        Summary.add(details, read.malformed(), "malformed messages");
        Summary.add(details, read.undecodedSets(), "sets without a template");
        Summary.add(details, read.refusedTemplates(), "templates over the limit");
        Summary.add(details, read.refusedMessages() + all.refusedMessages(), "messages over the limit");
        Summary.add(details, all.refusedConnections(), "connections over the limit");
        Summary.add(details, all.brokenConnections(), "broken connections");
        return text.append(details.isEmpty() ? "" : " (" + String.join(", ", details) + ")")
                .append('.')
                .toString();
    }
}
