// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEventKind;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.netfilter.EventStatistics;
import java.time.Duration;

/**
 * Events of connections that begin, change and end, for two sessions. One has a large buffer, and its events are
 * counted by kind. The other has a small buffer and a consumer that pauses.
 */
final class EventsScenario implements Scenario {
    private static final int SMALL = 64 << 10;
    private static final int LARGE = 32 << 20;
    /** More connections than the small buffer holds events for. */
    private static final int OVERFLOW = 4000;

    private static final int CONNECTIONS = 20_000;

    @Override
    public String name() {
        return "conntrack events";
    }

    /** Counts what a session has delivered. */
    private static final class Seen {
        private long created;
        private long updated;
        private long ended;
        private long overruns;
        private long lost;

        void take(ConntrackEvent event) {
            if (event instanceof ConntrackEvent.New) {
                created++;
            } else if (event instanceof ConntrackEvent.Updated) {
                updated++;
            } else if (event instanceof ConntrackEvent.Destroyed) {
                ended++;
            } else if (event instanceof ConntrackEvent.Overrun overrun) {
                overruns++;
                lost += overrun.lost();
            }
        }

        long events() {
            return created + updated + ended;
        }
    }

    @Override
    public Balance run(Duration time) throws Exception {
        Seen all = new Seen();
        Seen some = new Seen();
        Gate gate = new Gate();
        try (Rules rules = new Rules();
                Connections connections = new Connections()) {
            rules.append("INPUT -m conntrack --ctstate INVALID -j DROP"); // has the kernel track connections
            rules.append("INPUT -p udp -j DROP"); // otherwise the kernel answers each packet with an ICMP error
            try (ConntrackEvents large = open(LARGE);
                    ConntrackEvents small = open(SMALL)) {
                Consumer first = Consumer.start("events", large, () -> large.run(all::take));
                Consumer second = Consumer.start(
                        "events",
                        small,
                        () -> small.run((ConntrackEvent event) -> {
                            gate.pass();
                            some.take(event);
                        }));
                connections.byRequests(time.toNanos() / 2);
                connections.byPackets(CONNECTIONS);
                gate.shutDuring(() -> connections.byPackets(OVERFLOW));
                connections.byRequests(time.toNanos() / 4);
                large.stop();
                small.stop();
                first.await();
                second.await();
                return balance(connections, all, large.statistics(), some, small.statistics());
            }
        }
    }

    private static Balance balance(
            Connections connections, Seen all, EventStatistics large, Seen some, EventStatistics small) {
        long readable = large.malformed() + large.truncatedDatagrams() + large.discarded() + large.filtered();
        Balance balance = new Balance(2 * connections.events(), all.events() + some.events())
                .lost("lost at the large buffer", large.socketDrops())
                .lost("lost at the small buffer", small.socketDrops())
                .equal("events that could not be read, or were discarded", readable, 0)
                .equal("every loss reported", some.lost, small.socketDrops())
                .equal("losses while the consumer was paused", some.overruns > 0 ? 1 : 0, 1)
                .equal("delivered and counted as delivered", all.events(), large.delivered());
        if (large.socketDrops() == 0) {
            balance.equal("begun", connections.created(), all.created)
                    .equal("changed", connections.updated(), all.updated)
                    .equal("ended", connections.ended(), all.ended);
        }
        return balance;
    }

    private static ConntrackEvents open(int buffer) throws Exception {
        ConntrackEventOptions options = ConntrackEventOptions.builder()
                .receiveBuffer(buffer)
                .kinds(ConntrackEventKind.NEW, ConntrackEventKind.UPDATED, ConntrackEventKind.DESTROYED)
                .build();
        return ConntrackEvents.open(LinuxTransport.current(), options);
    }
}
