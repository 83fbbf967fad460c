// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.Summary;
import dev.nfkit.samples.cli.output.WallClock;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Outcome;
import dev.nfkit.samples.cli.run.PollLoop;
import java.time.Duration;
import java.util.function.Predicate;

/** Prints the events of connections or expectations until it is stopped: {@code -E}. */
final class ConntrackListening implements PollLoop.Work {
    private static final long FLUSH_NANOS = 100_000_000L;

    private final ConntrackEvents events;
    private final Predicate<ConntrackEvent> wanted;
    private final ConntrackOutput output;
    private final boolean timed;
    private final boolean expectations;
    private final String what;
    private long shown;

    /**
     * Creates a listener that is not running yet.
     *
     * @param events an open session, which the listener closes
     * @param wanted the events to print
     * @param output where the events are printed
     * @param timed whether to print the time of each event
     * @param expectations whether the events are of expectations; otherwise of connections
     */
    ConntrackListening(
            ConntrackEvents events,
            Predicate<ConntrackEvent> wanted,
            ConntrackOutput output,
            boolean timed,
            boolean expectations) {
        this.events = events;
        this.wanted = wanted;
        this.output = output;
        this.timed = timed;
        this.expectations = expectations;
        this.what = expectations ? "expectation events" : "flow events";
    }

    /** Runs to the end, prints the summary, and returns the exit code. */
    int await() throws Failure {
        return Outcome.of(this::run, () -> Messages.print(summary(shown, what, events.statistics())));
    }

    private void run() throws NetlinkException, WriteFailure {
        try (events) {
            output.begin(expectations);
            PollLoop.run(this, FLUSH_NANOS, 0);
            output.end(expectations);
            flush();
        }
    }

    /** Formats the summary, with the losses by cause. */
    static String summary(long shown, String what, EventStatistics statistics) {
        StringBuilder text = new StringBuilder("nfkit conntrack: ");
        text.append(shown).append(' ').append(what).append(" have been shown; ");
        text.append(statistics.delivered()).append(" received, ");
        text.append(statistics.socketDrops()).append(" lost");
        return Summary.losses(text, statistics).append('.').toString();
    }

    @Override
    public NetfilterSession session() {
        return events;
    }

    @Override
    public int poll(Duration timeout) throws NetlinkException, WriteFailure {
        return events.poll(this::take, timeout);
    }

    private void take(ConntrackEvent event) throws WriteFailure {
        boolean overrun = event instanceof ConntrackEvent.Overrun;
        if (!overrun && !wanted.test(event)) {
            return;
        }
        output.event(event, timed ? WallClock.nanos() : ConntrackPrinter.NO_TIME);
        if (!overrun) {
            shown++;
        }
    }

    @Override
    public boolean dirty() {
        return output.pending();
    }

    @Override
    public void flush() throws WriteFailure {
        output.flush();
    }

    @Override
    public void look(long now) {
        // Nothing is scheduled.
    }
}
