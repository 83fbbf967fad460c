// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Reads entries into open flows, and makes their records. */
final class FlowWriter {
    private static final int LABELS = 128;

    private final FlowMeterOptions options;
    private final FlowTimes times;
    private final LongSupplier nanoTime;
    private final long interval;
    private final long meterStart;
    private final Consumer<FlowReport> reports;

    FlowWriter(FlowMeterOptions options, FlowTimes times, LongSupplier nanoTime, Consumer<FlowReport> reports) {
        this.options = options;
        this.times = times;
        this.nanoTime = nanoTime;
        this.reports = reports;
        interval = options.activeTimeout().toNanos();
        meterStart = Math.max(0, times.now().epochNanos());
    }

    /** A flow's first entry, or the event of its beginning after a dump contained it. Its deltas are since the beginning. */
    void begin(OpenFlow flow, ConntrackEntry entry) {
        if (flow.sequence == 0) {
            if (flow.start.source() != FlowTime.Source.KERNEL) {
                flow.start = times.start(entry, flow.beginningSeen);
            }
            flow.since = flow.start;
            flow.reportedAt = nanoTime.getAsLong();
            flow.original.restart();
            flow.answer.restart();
        }
        update(flow, entry);
        if (!flow.asked) {
            flow.asked = true;
            ConntrackTuple original = flow.key.original();
            flow.process = flow.reply == null
                    ? options.processes().resolve(original)
                    : options.processes().resolve(original, flow.reply);
        }
    }

    /** What was carried so far belongs to the time before the meter. */
    void join(OpenFlow flow) {
        flow.original.skip();
        flow.answer.skip();
        flow.since = FlowTimes.notBefore(flow.start, times.now());
    }

    /** Another entry of a flow. */
    void update(OpenFlow flow, ConntrackEntry entry) {
        if (entry.hasStart() && flow.sequence == 0) {
            FlowTime start = FlowTime.byKernel(entry.startNanos());
            flow.since = flow.since.equals(flow.start) ? start : flow.since;
            flow.start = start;
        }
        if (entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            flow.reply = translated(flow.key.original(), entry.reply());
        }
        if (entry.protocolState() >= 0) {
            flow.state = entry.protocolState();
        }
        if (entry.has(ConntrackAttribute.LABELS)) {
            flow.labels = labels(entry);
        }
        flow.mark = entry.mark();
        count(flow, flow.original, entry, Direction.ORIGINAL);
        count(flow, flow.answer, entry, Direction.REPLY);
    }

    private static void count(OpenFlow flow, OpenFlow.Count count, ConntrackEntry entry, Direction direction) {
        if (entry.hasCounters(direction)) {
            flow.counted = true;
            count.set(entry.packets(direction), entry.bytes(direction));
        }
    }

    /** The reply tuple; null if it only exchanges the endpoints, so that most flows need not remember it. */
    private static @Nullable ConntrackTuple translated(ConntrackTuple original, ConntrackTuple reply) {
        return !original.hasIcmp() && reply.equals(inverted(original)) ? null : reply;
    }

    private static ConntrackTuple inverted(ConntrackTuple original) {
        try {
            return original.inverted();
        } catch (IllegalArgumentException e) {
            return original; // an ICMP type without a reply, which the kernel does not track
        }
    }

    private static BigInteger labels(ConntrackEntry entry) {
        BigInteger labels = BigInteger.ZERO;
        for (int label : entry.labels().stream().toArray()) {
            if (label < LABELS) {
                labels = labels.setBit(label);
            }
        }
        return labels;
    }

    /** A flow's end was seen. */
    void end(OpenFlow flow, ConntrackEntry entry) {
        update(flow, entry);
        FlowTime end = FlowTimes.notBefore(flow.since, times.end(entry));
        FlowEnd reason = EndReason.of(entry, flow, end.epochNanos() - flow.start.epochNanos());
        report(flow, reason, end, doubts(flow));
    }

    /** A flow's end was lost. */
    void lose(OpenFlow flow) {
        Set<FlowDoubt> doubts = doubts(flow);
        doubts.add(FlowDoubt.END_UNSEEN);
        report(flow, FlowEnd.LOST_SIGHT, FlowTimes.notBefore(flow.since, times.now()), doubts);
    }

    /** A flow goes on. */
    void interval(OpenFlow flow) {
        report(flow, FlowEnd.ACTIVE, FlowTimes.notBefore(flow.since, times.now()), doubts(flow));
    }

    /** Whether a flow carried something since its last record, as far as the kernel counts. */
    boolean hasNews(OpenFlow flow) {
        return !flow.counted || flow.original.changed() || flow.answer.changed();
    }

    /** Whether an open flow needs a record now, lest it carry something for the active timeout without one. */
    boolean isDue(OpenFlow flow) {
        return nanoTime.getAsLong() - flow.reportedAt >= interval / 2 && hasNews(flow);
    }

    private static Set<FlowDoubt> doubts(OpenFlow flow) {
        EnumSet<FlowDoubt> doubts = EnumSet.noneOf(FlowDoubt.class);
        if (!flow.beginningSeen) {
            doubts.add(FlowDoubt.BEGINNING_UNSEEN);
        }
        if (!flow.counted) {
            doubts.add(FlowDoubt.NOT_COUNTED);
        }
        if (flow.changesLost) {
            doubts.add(FlowDoubt.CHANGES_LOST);
        }
        return doubts;
    }

    private void report(OpenFlow flow, FlowEnd reason, FlowTime end, Set<FlowDoubt> doubts) {
        ConntrackTuple original = flow.key.original();
        FlowRecord record = new FlowRecord(
                options.host(),
                id(flow),
                meterStart,
                flow.sequence,
                original,
                flow.reply == null ? inverted(original) : flow.reply,
                flow.key.zone(),
                flow.mark,
                flow.labels,
                flow.state,
                flow.original.take(),
                flow.answer.take(),
                flow.start,
                flow.since,
                end,
                reason,
                doubts,
                options.interfaceOf().apply(original),
                flow.process);
        flow.sequence++;
        flow.since = end;
        flow.reportedAt = nanoTime.getAsLong();
        reports.accept(record);
    }

    /** An id that another meter of the same host gives the connection too, if the kernel keeps timestamps. */
    private UUID id(OpenFlow flow) {
        return UUID.nameUUIDFromBytes(
                (options.host() + '\n' + flow.key + '\n' + flow.start.epochNanos()).getBytes(StandardCharsets.UTF_8));
    }
}
