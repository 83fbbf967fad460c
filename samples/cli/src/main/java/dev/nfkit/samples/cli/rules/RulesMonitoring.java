// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.EventStatistics;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.nftables.NftablesEvent;
import dev.nfkit.nftables.NftablesEvents;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.Summary;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Outcome;
import dev.nfkit.samples.cli.run.PollLoop;
import java.time.Duration;

/** Prints the events of the ruleset until it is stopped. */
final class RulesMonitoring implements PollLoop.Work {
    private static final long FLUSH_NANOS = 100_000_000L;

    private final NftablesEvents events;
    private final boolean json;
    private final TextOutput output = TextOutput.standard();

    /**
     * Creates a monitor that is not running yet.
     *
     * @param events an open session, which the monitor closes
     * @param json prints objects in the schema of nft -j, which has no form for the end of a transaction
     */
    RulesMonitoring(NftablesEvents events, boolean json) {
        this.events = events;
        this.json = json;
    }

    /** Runs to the end, prints the summary, and returns the exit code. */
    int await() throws Failure {
        return Outcome.of(this::run, () -> Messages.print(summary(events.statistics())));
    }

    private void run() throws NetlinkException, WriteFailure {
        try (events) {
            PollLoop.run(this, FLUSH_NANOS, 0);
            flush();
        }
    }

    /** Formats the summary, with the losses by cause. */
    static String summary(EventStatistics statistics) {
        StringBuilder text = new StringBuilder("nfkit rules: ");
        text.append(statistics.delivered()).append(" events have been shown; ");
        text.append(statistics.socketDrops()).append(" datagrams of events lost");
        return Summary.losses(text, statistics).append('.').toString();
    }

    @Override
    public NetfilterSession session() {
        return events;
    }

    @Override
    public int poll(Duration timeout) throws NetlinkException, WriteFailure {
        return events.poll(this::print, timeout);
    }

    private void print(NftablesEvent event) throws WriteFailure {
        if (!json) {
            output.line(event.toText());
        } else if (!(event instanceof NftablesEvent.Committed)) {
            output.line(timed(event.toJson()));
        }
    }

    /** Appends kind and time to an object of nft, which ignores members that it does not know. */
    static String timed(String object) {
        StringBuilder own = new StringBuilder();
        JsonObject json = new JsonObject();
        json.beginNow(own, "ruleset_event");
        json.end();
        return object.substring(0, object.length() - 1) + "," + own.substring(1);
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
