// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.samples.cli.output.Summary;
import java.util.ArrayList;
import java.util.List;

/** The summary of a run of rules. */
final class QueueSummary {
    private final Judge judge;
    private final List<Rule> rules;
    private final boolean dropsOthers;

    QueueSummary(Judge judge, List<Rule> rules, boolean dropsOthers) {
        this.judge = judge;
        this.rules = rules;
        this.dropsOthers = dropsOthers;
    }

    private long count(Action.Kind kind) {
        long others = switch (kind) {
            case ACCEPT -> judge.untouched() + judge.undelayed() + (dropsOthers ? 0 : judge.unruledPackets());
            case DROP -> dropsOthers ? judge.unruledPackets() : 0;
            default -> 0;
        };
        return judge.hits(kind) + others;
    }

    /** The counts to show while running. */
    String counts(NfqueueStatistics statistics) {
        StringBuilder text = new StringBuilder("Packets: ").append(judge.packets());
        for (Action.Kind kind : Action.Kind.values()) {
            if (count(kind) > 0 || rules.stream().anyMatch(rule -> rule.action().kind() == kind)) {
                text.append("  ").append(kind.done()).append(": ").append(count(kind));
            }
        }
        return text.append("  held: ")
                .append(statistics.held())
                .append("  lost: ")
                .append(lost(statistics))
                .toString();
    }

    /**
     * The number of packets that the kernel dropped without a decision. A packet for which the receive buffer has no
     * space leaves a gap in the ids too.
     */
    private static long lost(NfqueueStatistics statistics) {
        return statistics.queueDropped()
                + Math.max(statistics.userDropped(), statistics.received().sequenceGaps());
    }

    /** The lines of the summary: the counts, the packets lost by cause, and a line for each rule. */
    List<String> lines(NfqueueStatistics statistics) {
        StringBuilder first = new StringBuilder(Summary.packets(judge.packets()));
        String before = ": ";
        for (Action.Kind kind : Action.Kind.values()) {
            if (count(kind) > 0) {
                first.append(before).append(count(kind)).append(' ').append(kind.done());
                before = ", ";
            }
        }
        first.append("; ").append(lost(statistics)).append(" lost");
        List<String> details = details(statistics);
        List<String> lines = new ArrayList<>();
        lines.add(details.isEmpty() ? first.toString() : first + " (" + String.join(", ", details) + ")");
        if (statistics.clashed() > 0) {
            lines.add("  " + Summary.packets(statistics.clashed()) + " dropped by connection tracking in this network"
                    + " namespace, after a verdict: packets of a new");
            lines.add("  connection waited at the same time. Rules in the raw table lose none"
                    + " (iptables -t raw -A OUTPUT ... -j NFQUEUE)");
        }
        for (int i = 0; i < rules.size(); i++) {
            lines.add("  rule " + (i + 1) + ", " + rules.get(i) + ": " + Summary.packets(judge.hits(i)));
        }
        return lines;
    }

    private List<String> details(NfqueueStatistics statistics) {
        List<String> details = new ArrayList<>();
        Summary.add(details, statistics.queueDropped(), "dropped because the queue was full");
        Summary.add(details, statistics.userDropped(), "dropped because the receive buffer was full");
        Summary.add(details, statistics.bypassed(), "passed undecided by fail-open");
        Summary.add(details, statistics.gone(), "gone before their verdict");
        Summary.add(details, statistics.refused(), "verdicts refused");
        Summary.add(details, statistics.expired(), "decided by the deadline");
        Summary.add(details, statistics.late(), "verdicts too late");
        Summary.add(details, statistics.settled(), "settled at the end");
        Summary.add(details, statistics.unread(), "that could not be read");
        Summary.add(details, statistics.received().truncatedPackets(), "cut at the copy range");
        Summary.add(details, judge.untouched(), "with nothing to corrupt");
        Summary.add(details, judge.undelayed(), "of new connections not delayed");
        return details;
    }
}
