// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.netfilter.EventStatistics;

/** The counters of {@link FlowStatistics} while they change. Only the polling thread. */
final class FlowCounts {
    long begun;
    long joined;
    long found;
    long foundAtEnd;
    long ended;
    long lostSight;
    long unseen;
    long untracked;
    long losses;
    long dumps;
    long intervals;

    FlowStatistics snapshot(long open, EventStatistics events) {
        return new FlowStatistics(
                begun,
                joined,
                found,
                foundAtEnd,
                ended,
                lostSight,
                unseen,
                untracked,
                open,
                losses,
                dumps,
                intervals,
                events);
    }
}
