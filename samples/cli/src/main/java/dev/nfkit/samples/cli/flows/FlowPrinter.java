// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.ipfix.DataRecord;

/** Prints what was metered or received, each on a line. */
interface FlowPrinter {
    /** A flow. */
    void flow(FlowRecord flow, StringBuilder line);

    /** Lost events. */
    void loss(FlowLoss loss, StringBuilder line);

    /** A record of another exporter, or options of one. */
    void record(DataRecord record, StringBuilder line);

    /** Records of IPFIX that did not arrive. */
    void missing(String exporter, long domain, long records, StringBuilder line);
}
