// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.ipfix.DataRecord;
import dev.nfkit.flows.ipfix.IpfixSink;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;

/** Prints what is delivered, up to a number of records. */
final class FlowOutput implements IpfixSink<WriteFailure> {
    private final TextOutput text;
    private final FlowPrinter printer;
    private final boolean quiet;
    private final long most;
    private final StringBuilder line = new StringBuilder();
    private long records;
    private long losses;

    /**
     * Creates an output.
     *
     * @param quiet whether only to count
     * @param most the number of records after which it is {@link #isFull}
     */
    FlowOutput(TextOutput text, FlowPrinter printer, boolean quiet, long most) {
        this.text = text;
        this.printer = printer;
        this.quiet = quiet;
        this.most = most;
    }

    @Override
    public void report(FlowReport report) throws WriteFailure {
        if (report instanceof FlowRecord flow && !isFull()) {
            records++;
            if (!quiet) {
                printer.flow(flow, line);
                print();
            }
        } else if (report instanceof FlowLoss loss) {
            losses++;
            printer.loss(loss, line); // also if quiet: losses are shown where they are
            print();
        }
    }

    @Override
    public void record(DataRecord record) throws WriteFailure {
        if (!isFull()) {
            records++;
            if (!quiet) {
                printer.record(record, line);
                print();
            }
        }
    }

    @Override
    public void lost(String exporter, long domain, long number) throws WriteFailure {
        losses++;
        printer.missing(exporter, domain, number, line);
        print();
    }

    private void print() throws WriteFailure {
        text.line(line);
        line.setLength(0);
    }

    boolean isFull() {
        return records >= most;
    }

    long records() {
        return records;
    }

    long losses() {
        return losses;
    }

    boolean pending() {
        return text.pending();
    }

    void flush() throws WriteFailure {
        text.flush();
    }
}
