// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer;

import static dev.nfkit.micrometer.Reading.counter;
import static dev.nfkit.micrometer.Reading.gauge;

import dev.nfkit.conntrack.event.ConntrackMirror;
import dev.nfkit.conntrack.table.ConntrackStatistics;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nftables.trace.PathStatistics;
import dev.nfkit.socket.QueueState;
import java.util.List;

/** The meters of each kind of statistics. */
final class Readings {
    private static final String PACKETS = "packets";
    private static final String EVENTS = "events";
    private static final String DATAGRAMS = "datagrams";
    private static final String MESSAGES = "messages";
    private static final String PATHS = "paths";
    private static final String CONNECTIONS = "connections";

    private static final String SOCKET_DROPS = "Datagrams lost because the receive buffer was full";
    private static final String CUT_DATAGRAMS = "Datagrams larger than the slots of the receive buffer";
    private static final String MALFORMED = "Messages that could not be read";
    private static final String FOREIGN = "Datagrams from senders other than the kernel";

    /** Of NFLOG and NFQUEUE. */
    static final List<Reading<Statistics>> OF_PACKETS = List.of(
            counter("nfkit.delivered", "delivered", PACKETS, "Packets delivered", Statistics::delivered),
            counter("nfkit.datagrams", "datagrams", DATAGRAMS, "Datagrams received", Statistics::datagrams),
            counter("nfkit.socket.drops", "socketDrops", DATAGRAMS, SOCKET_DROPS, Statistics::socketDrops),
            counter("nfkit.lost", "sequenceGaps", PACKETS, "Packets missing in the numbers", Statistics::sequenceGaps),
            counter("nfkit.cut", "truncatedPackets", PACKETS, "Packets that were cut", Statistics::truncatedPackets),
            counter(
                    "nfkit.cut.datagrams",
                    "truncatedDatagrams",
                    DATAGRAMS,
                    CUT_DATAGRAMS,
                    Statistics::truncatedDatagrams),
            counter("nfkit.malformed", "malformed", MESSAGES, MALFORMED, Statistics::malformed),
            counter("nfkit.foreign", "foreign", DATAGRAMS, FOREIGN, Statistics::foreign),
            counter("nfkit.discarded", "discarded", PACKETS, "Packets discarded by a close", Statistics::discarded));

    /** Of NFQUEUE alone. */
    static final List<Reading<NfqueueStatistics>> OF_DECISIONS = List.of(
            counter(
                    "nfkit.nfqueue.decided",
                    "decided",
                    PACKETS,
                    "Verdicts that deciders returned",
                    NfqueueStatistics::decided),
            counter(
                    "nfkit.nfqueue.answered",
                    "answered",
                    PACKETS,
                    "Held packets that were answered in time",
                    NfqueueStatistics::answered),
            gauge("nfkit.nfqueue.held", "held", PACKETS, "Packets that are held now", NfqueueStatistics::held),
            counter(
                    "nfkit.nfqueue.failed",
                    "failed",
                    PACKETS,
                    "Packets whose decider threw",
                    NfqueueStatistics::failed),
            counter(
                    "nfkit.nfqueue.forgotten",
                    "forgotten",
                    PACKETS,
                    "Packets whose decider returned no verdict",
                    NfqueueStatistics::forgotten),
            counter(
                    "nfkit.nfqueue.expired",
                    "expired",
                    PACKETS,
                    "Packets that got the verdict of their deadline",
                    NfqueueStatistics::expired),
            counter("nfkit.nfqueue.late", "late", PACKETS, "Verdicts that came too late", NfqueueStatistics::late),
            counter(
                    "nfkit.nfqueue.settled",
                    "settled",
                    PACKETS,
                    "Packets that got a verdict by the end of the session",
                    NfqueueStatistics::settled),
            counter(
                    "nfkit.nfqueue.unread",
                    "unread",
                    PACKETS,
                    "Packets that could not be read and got the failure verdict",
                    NfqueueStatistics::unread),
            counter(
                    "nfkit.nfqueue.bypassed",
                    "bypassed",
                    PACKETS,
                    "Packets that passed because the receive buffer was full",
                    NfqueueStatistics::bypassed),
            counter(
                    "nfkit.nfqueue.gone",
                    "gone",
                    PACKETS,
                    "Packets that no longer waited for their verdict",
                    NfqueueStatistics::gone),
            counter(
                    "nfkit.nfqueue.refused",
                    "refused",
                    PACKETS,
                    "Verdicts that the kernel refused",
                    NfqueueStatistics::refused),
            counter(
                    "nfkit.nfqueue.send.failures",
                    "sendFailures",
                    "calls",
                    "Attempts to send verdicts that failed",
                    NfqueueStatistics::sendFailures),
            counter(
                    "nfkit.nfqueue.clashed",
                    "clashed",
                    PACKETS,
                    "Packets that connection tracking dropped after their verdict, in the whole namespace",
                    NfqueueStatistics::clashed));

    /** Of each queue of NFQUEUE. */
    static final List<Reading<QueueState>> OF_QUEUES = List.of(
            gauge("nfkit.nfqueue.waiting", "waiting", PACKETS, "Packets that wait for a verdict", QueueState::waiting),
            counter(
                    "nfkit.nfqueue.queue.dropped",
                    "queueDropped",
                    PACKETS,
                    "Packets that the kernel dropped because the queue was full",
                    QueueState::queueDropped),
            counter(
                    "nfkit.nfqueue.user.dropped",
                    "userDropped",
                    PACKETS,
                    "Packets that the kernel dropped because the receive buffer was full",
                    QueueState::userDropped));

    /** Of sessions of events. */
    static final List<Reading<EventStatistics>> OF_EVENTS = List.of(
            counter("nfkit.events.delivered", "delivered", EVENTS, "Events delivered", EventStatistics::delivered),
            counter("nfkit.events.socket.drops", "socketDrops", DATAGRAMS, SOCKET_DROPS, EventStatistics::socketDrops),
            counter(
                    "nfkit.events.overruns",
                    "overruns",
                    "overruns",
                    "Reports of lost events",
                    EventStatistics::overruns),
            counter(
                    "nfkit.events.filtered",
                    "filtered",
                    EVENTS,
                    "Received events that the options exclude",
                    EventStatistics::filtered),
            counter("nfkit.events.malformed", "malformed", MESSAGES, MALFORMED, EventStatistics::malformed),
            counter(
                    "nfkit.events.cut.datagrams",
                    "truncatedDatagrams",
                    DATAGRAMS,
                    CUT_DATAGRAMS,
                    EventStatistics::truncatedDatagrams),
            counter("nfkit.events.foreign", "foreign", DATAGRAMS, FOREIGN, EventStatistics::foreign),
            counter(
                    "nfkit.events.discarded",
                    "discarded",
                    EVENTS,
                    "Events discarded by a close",
                    EventStatistics::discarded));

    /** Of the paths of packets through rules. */
    static final List<Reading<PathStatistics>> OF_PATHS = List.of(
            counter("nfkit.paths", "paths", PATHS, "Paths returned", PathStatistics::paths),
            counter(
                    "nfkit.paths.incomplete",
                    "incomplete",
                    PATHS,
                    "Paths that lack messages",
                    PathStatistics::incomplete),
            counter(
                    "nfkit.paths.evicted",
                    "evicted",
                    PATHS,
                    "Paths returned before their end, because too many were open",
                    PathStatistics::evicted),
            counter(
                    "nfkit.paths.omitted.steps",
                    "omittedSteps",
                    "steps",
                    "Steps not kept, because a path had too many",
                    PathStatistics::omittedSteps));

    /** Of the table of connections. */
    static final List<Reading<ConntrackStatistics>> OF_TABLE = List.of(
            gauge(
                    "nfkit.conntrack.table",
                    "entries",
                    CONNECTIONS,
                    "Connections in the kernel's table",
                    ConntrackStatistics::entries),
            gauge(
                    "nfkit.conntrack.table.limit",
                    "maxEntries",
                    CONNECTIONS,
                    "The maximum number of connections in the kernel's table",
                    ConntrackStatistics::maxEntries));

    /** Of a mirror of that table. */
    static final List<Reading<ConntrackMirror>> OF_MIRROR = List.of(
            gauge("nfkit.conntrack.mirror", "size", CONNECTIONS, "Connections in the mirror", ConntrackMirror::size),
            gauge(
                    "nfkit.conntrack.mirror.outdated",
                    "outOfDate",
                    "state",
                    "1 after a loss until the mirror has dumped the table, otherwise 0",
                    mirror -> mirror.outOfDate() ? 1 : 0));

    private Readings() {}
}
