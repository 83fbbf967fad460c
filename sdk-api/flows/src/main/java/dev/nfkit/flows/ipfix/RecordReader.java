// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.flows.FlowReport;
import org.jspecify.annotations.Nullable;

/** Reads the data records of one template: as reports if nfkit exported them, or else as they are. */
final class RecordReader {
    private final IpfixTemplate template;
    private final @Nullable ReportReader reports;

    RecordReader(IpfixTemplate template, long enterprise) {
        this.template = template;
        reports = template.isOptions() ? LossReader.of(template, enterprise) : FlowReader.of(template, enterprise);
    }

    /** Makes a report of a record. */
    interface ReportReader {
        /**
         * Reads a record.
         *
         * @throws IllegalArgumentException if its values do not make a report
         */
        FlowReport read(RecordCursor cursor);
    }

    IpfixTemplate template() {
        return template;
    }

    <E extends Exception> void deliver(
            String exporter, MessageHeader header, RecordCursor cursor, ReadCounts counts, IpfixSink<E> sink)
            throws MalformedMessageException, E {
        if (reports == null) {
            counts.records++;
            sink.record(new DataRecord(exporter, header, template, cursor));
            return;
        }
        FlowReport report;
        try {
            report = reports.read(cursor);
        } catch (IllegalArgumentException e) {
            String problem = e.getMessage();
            throw MessageHeader.malformed(
                    "report", cursor.offset(), "a flow or a loss", problem == null ? e.toString() : problem);
        }
        counts.reports++;
        sink.report(report);
    }
}
