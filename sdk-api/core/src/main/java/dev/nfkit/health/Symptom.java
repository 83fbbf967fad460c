// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.health;

import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.SessionStatistics;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nfqueue.NfqueueStatistics;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * A counter that should not rise, and what it means if it does.
 *
 * @param code the finding's code
 * @param state the finding's state
 * @param reason follows the number
 * @param cure what helps
 * @param counter reads the counter
 * @param <S> the statistics
 */
record Symptom<S>(String code, HealthState state, String reason, String cure, ToLongFunction<S> counter) {
    private static final String RECEIVE_MORE = "raise receiveBuffer, do less in the callback, or spread the load";

    private static final List<Symptom<NfqueueStatistics>> OF_QUEUES = List.of(
            new Symptom<>(
                    "queue-full",
                    HealthState.PROBLEM,
                    "packets were dropped because a queue was full",
                    "raise maximumLength of the queue, decide faster, or spread the load over several queues",
                    NfqueueStatistics::queueDropped),
            new Symptom<>(
                    "receive-buffer-full",
                    HealthState.PROBLEM,
                    "packets were dropped because the receive buffer was full",
                    RECEIVE_MORE,
                    // Both count the same packets; the kernel's file may be unreadable.
                    all -> Math.max(all.userDropped(), all.received().sequenceGaps())),
            new Symptom<>(
                    "bypassed",
                    HealthState.WARNING,
                    "packets passed undecided because the receive buffer was full",
                    RECEIVE_MORE,
                    NfqueueStatistics::bypassed),
            new Symptom<>(
                    "deadline",
                    HealthState.WARNING,
                    "packets got the verdict of their deadline",
                    "find out what the decider waits for, or hold packets and answer them later",
                    NfqueueStatistics::expired),
            new Symptom<>(
                    "failure",
                    HealthState.WARNING,
                    "packets got the failure verdict",
                    "look at the exceptions of the decider",
                    all -> all.failed() + all.forgotten() + all.unread()),
            new Symptom<>(
                    "refused",
                    HealthState.PROBLEM,
                    "verdicts were refused by the kernel",
                    "look at the log for the reason: a lost CAP_NET_ADMIN, or a change that the kernel does not make",
                    NfqueueStatistics::refused),
            new Symptom<>(
                    "gone",
                    HealthState.WARNING,
                    "packets were dropped by the kernel before their verdict came",
                    "change rules by Nftables.reconcile, which keeps base chains; an interface may have gone down",
                    NfqueueStatistics::gone),
            new Symptom<>(
                    "send",
                    HealthState.PROBLEM,
                    "attempts to send verdicts failed",
                    "look at the log for the reason, and raise sendBuffer",
                    NfqueueStatistics::sendFailures));

    private static final List<Symptom<Statistics>> OF_PACKETS = List.of(new Symptom<>(
            "receive-buffer-full",
            HealthState.PROBLEM,
            "packets or datagrams were lost because the receive buffer was full",
            RECEIVE_MORE,
            // A lost datagram shows as a gap in the numbers, unless these are off. It must never fall: a fall hides a
            // rise.
            all -> Math.max(all.sequenceGaps(), all.socketDrops())));

    private static final List<Symptom<EventStatistics>> OF_EVENTS = List.of(new Symptom<>(
            "receive-buffer-full",
            HealthState.PROBLEM,
            "events were lost because the receive buffer was full",
            "raise receiveBuffer, or select fewer events by kinds and filter",
            EventStatistics::socketDrops));

    private static final List<Symptom<SessionStatistics>> OF_ALL = List.of(new Symptom<>(
            "unreadable",
            HealthState.WARNING,
            "messages were malformed, larger than a slot, or from a foreign sender",
            "record the traffic with nfkit record, and report it",
            all -> all.malformed() + all.truncatedDatagrams() + all.foreign()));

    /** The symptoms that statistics of a kind can show. */
    @SuppressWarnings("unchecked") // each list reads the class that it is chosen for
    static List<Symptom<SessionStatistics>> of(SessionStatistics statistics) {
        List<? extends Symptom<? extends SessionStatistics>> own;
        if (statistics instanceof NfqueueStatistics) {
            own = OF_QUEUES;
        } else if (statistics instanceof EventStatistics) {
            own = OF_EVENTS;
        } else {
            own = OF_PACKETS;
        }
        return Stream.concat(own.stream().map(symptom -> (Symptom<SessionStatistics>) symptom), OF_ALL.stream())
                .toList();
    }

    HealthFinding finding(long number) {
        return new HealthFinding(code, state, number + " " + reason, cure);
    }
}
