// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.flows.OpenFlow.FlowKey;
import dev.nfkit.flows.OpenFlow.Sight;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The open flows of a meter. Events begin and end them; dumps bring their counts and show which beginnings and ends were
 * lost. A dump is newer than the events that wait in the socket meanwhile, so what it shows is {@linkplain #settle
 * settled} when these have been read. One thread at a time.
 */
final class FlowTable {
    private final Map<FlowKey, OpenFlow> flows = new HashMap<>();
    private final FlowWriter writer;
    private final LossAccount losses;
    private final FlowCounts counts;
    private final int maxFlows;

    /** Flows that the last dump found or missed. */
    private final List<OpenFlow> unsettled = new ArrayList<>();

    /** Connections that ended while a dump is received, which may still contain them. */
    private final Set<FlowKey> endedInDump = new HashSet<>();

    private final ArrayDeque<OpenFlow> due = new ArrayDeque<>();
    private boolean dumping;
    private int dump;
    private boolean settledOnce;

    FlowTable(FlowMeterOptions options, FlowWriter writer, LossAccount losses, FlowCounts counts) {
        this.writer = writer;
        this.losses = losses;
        this.counts = counts;
        maxFlows = options.maxFlows();
    }

    /** A connection began. */
    void begin(ConntrackEntry entry) {
        if (entry.is(ConntrackStatus.DYING)) {
            return; // its end was or will be reported: events of two processors may change places
        }
        FlowKey key = key(entry);
        OpenFlow known = flows.get(key);
        if (known != null && known.sight != Sight.IN_DUMP) {
            lose(known); // the same addresses and ports once more: its end was lost
            known = null;
        }
        if (known == null && flows.size() >= maxFlows) {
            counts.begun++;
            counts.untracked++;
            return;
        }
        OpenFlow flow = known == null ? add(key) : known;
        counts.begun++;
        flow.sight = Sight.SEEN;
        flow.beginningSeen = true;
        flow.joined = false;
        flow.dump = dump;
        if (entry.has(ConntrackAttribute.TIMEOUT)) {
            flow.timeout = entry.timeout();
        }
        writer.begin(flow, entry);
    }

    /** A connection changed. */
    void change(ConntrackEntry entry) {
        OpenFlow flow = flows.get(key(entry));
        if (flow != null) {
            writer.update(flow, entry);
            if (entry.has(ConntrackAttribute.TIMEOUT)) {
                flow.timeout = -1; // a changed state has another timeout, which begins later
            }
        }
    }

    /** A connection ended. */
    void end(ConntrackEntry entry) {
        FlowKey key = key(entry);
        OpenFlow flow = flows.remove(key);
        if (flow == null) {
            flow = new OpenFlow(key);
            flow.joined = !settledOnce && !losses.isOpen(); // it ended before the first dump
            writer.begin(flow, entry);
            countUnknown(flow);
        } else if (flow.sight == Sight.IN_DUMP) {
            countUnknown(flow);
        }
        flow.sight = Sight.SEEN; // no longer unsettled
        flow.ended = true;
        if (dumping) {
            endedInDump.add(key);
        }
        counts.ended++;
        writer.end(flow, entry);
    }

    /** Counts a connection whose beginning was not seen: an older one, one above the limit, or one after a loss. */
    private void countUnknown(OpenFlow flow) {
        if (counts.untracked > 0) {
            counts.untracked--;
        } else if (flow.joined) {
            counts.joined++;
        } else if (flow.sight == Sight.IN_DUMP) {
            counts.found++;
        } else {
            counts.foundAtEnd++;
        }
    }

    /** A dump begins. Its entries follow by {@link #dumped}. */
    void beginDump() {
        dumping = true;
        dump++;
        counts.dumps++;
        endedInDump.clear();
    }

    /** A dump contains a connection. */
    void dumped(ConntrackEntry entry) {
        if (entry.is(ConntrackStatus.DYING)) {
            return; // still in the table, but its end is already reported
        }
        FlowKey key = key(entry);
        OpenFlow flow = flows.get(key);
        if (flow == null) {
            if (endedInDump.contains(key)) {
                return;
            }
            if (flows.size() >= maxFlows) {
                if (dump == 1) {
                    counts.joined++;
                    counts.untracked++;
                }
                return;
            }
            flow = add(key);
            flow.sight = Sight.IN_DUMP;
            unsettled.add(flow);
            writer.begin(flow, entry);
            if (dump == 1) {
                flow.joined = true;
                writer.join(flow);
            }
        } else {
            if (flow.sight == Sight.MISSING) {
                flow.sight = Sight.SEEN;
            }
            writer.update(flow, entry);
        }
        flow.dump = dump;
    }

    /**
     * A dump has ended: flows that it lacks are missing, and flows that are due will be reported.
     *
     * @param complete whether it contained every connection
     */
    void endDump(boolean complete) {
        dumping = false;
        endedInDump.clear();
        for (OpenFlow flow : flows.values()) {
            if (flow.dump != dump) {
                if (complete && flow.sight != Sight.MISSING) {
                    if (flow.sight == Sight.IN_DUMP) {
                        countUnknown(flow);
                    } else {
                        unsettled.add(flow);
                    }
                    flow.sight = Sight.MISSING;
                }
            } else if (writer.isDue(flow)) {
                due.add(flow);
            }
        }
    }

    /** Whether something waits for {@link #settle}. */
    boolean isUnsettled() {
        return !unsettled.isEmpty() || !settledOnce;
    }

    /** All events that waited at the last dump have been read: what it found or missed is certain now. */
    void settle() {
        for (OpenFlow flow : unsettled) {
            if (flow.sight == Sight.IN_DUMP) {
                countUnknown(flow);
                flow.sight = Sight.SEEN;
            } else if (flow.sight == Sight.MISSING) {
                lose(flow);
            }
        }
        unsettled.clear();
        settledOnce = true;
    }

    private void lose(OpenFlow flow) {
        flows.remove(flow.key);
        flow.sight = Sight.SEEN;
        flow.ended = true;
        counts.lostSight++;
        if (!flow.joined) {
            losses.lostEnd();
        }
        writer.lose(flow);
    }

    /** Events of changes were lost: any open flow may have been among them. */
    void changesLost() {
        for (OpenFlow flow : flows.values()) {
            flow.changesLost = true;
        }
    }

    /**
     * Reports a flow that is due.
     *
     * @return false if none was due any more
     */
    boolean reportDue() {
        for (OpenFlow flow = due.poll(); flow != null; flow = due.poll()) {
            if (!flow.ended && flow.sight != Sight.MISSING) {
                counts.intervals++;
                writer.interval(flow);
                return true;
            }
        }
        return false;
    }

    /** Makes all flows due that carried something since their last records. */
    void allDue() {
        due.clear();
        for (OpenFlow flow : flows.values()) {
            if (writer.hasNews(flow)) {
                due.add(flow);
            }
        }
    }

    int open() {
        return flows.size();
    }

    private OpenFlow add(FlowKey key) {
        OpenFlow flow = new OpenFlow(key);
        flows.put(key, flow);
        return flow;
    }

    private static FlowKey key(ConntrackEntry entry) {
        return new FlowKey(entry.has(ConntrackAttribute.ID) ? entry.id() : -1, entry.original(), entry.zone());
    }
}
