// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowReport;

/**
 * Takes what messages of IPFIX contain.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface IpfixSink<E extends Exception> {
    /**
     * Takes a report that nfkit exported.
     *
     * @param report a flow or a loss; it may be kept
     * @throws E as the application requires; the rest of the message is discarded
     */
    void report(FlowReport report) throws E;

    /**
     * Takes any other data record: of another exporter, or options such as statistics. Does nothing by default.
     *
     * @param record the record; it may be kept
     * @throws E as the application requires; the rest of the message is discarded
     */
    default void record(DataRecord record) throws E {}

    /**
     * Takes the notice that records did not arrive, as the sequence numbers of messages show, in their place. Does
     * nothing by default.
     *
     * @param exporter the exporter
     * @param domain its observation domain
     * @param records the number of missing data records
     * @throws E as the application requires; the message is discarded
     */
    default void lost(String exporter, long domain, long records) throws E {}
}
