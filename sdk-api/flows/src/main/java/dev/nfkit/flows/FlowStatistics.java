// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.netfilter.EventStatistics;

/**
 * The counts of a meter since it was opened, in connections unless a description names something else. Each connection was first seen in
 * one way, and each that was seen is open or has had its last record:
 *
 * <pre>{@code
 * begun + joined + found + foundAtEnd = open + untracked + ended + lostSight
 * connections made since the meter was opened = begun + found + foundAtEnd + unseen
 * }</pre>
 *
 * @param begun seen by the event of their beginning
 * @param joined found in the table when the meter began
 * @param found found in the table later, after the event of their beginning was lost
 * @param foundAtEnd first seen by the event of their end: the event of their beginning was lost
 * @param ended whose end was seen; each left a last record
 * @param lostSight that were gone from the table after the event of their end was lost; each left a last record
 * @param unseen that left no record, because the events of beginning and end were both lost
 * @param untracked that are open and not remembered because of {@link FlowMeterOptions#maxFlows}
 * @param open that are open and remembered
 * @param losses {@link FlowLoss} reports
 * @param dumps dumps of the table
 * @param intervals records of flows that were open
 * @param events the counts of the events
 */
public record FlowStatistics(
        long begun,
        long joined,
        long found,
        long foundAtEnd,
        long ended,
        long lostSight,
        long unseen,
        long untracked,
        long open,
        long losses,
        long dumps,
        long intervals,
        EventStatistics events) {}
