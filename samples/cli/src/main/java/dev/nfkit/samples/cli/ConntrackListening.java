package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackEvent;
import dev.nfkit.conntrack.ConntrackEventStatistics;
import dev.nfkit.conntrack.ConntrackEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;

/** Shows what happens to connections or expectations, until it is stopped: {@code -E}. */
final class ConntrackListening implements PollLoop.Work {
    private static final long FLUSH_NANOS = 100_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private final ConntrackEvents events;
    private final Predicate<ConntrackEvent> wanted;
    private final ConntrackOutput output;
    private final boolean timed;
    private final boolean expectations;
    private final String what;
    private long shown;

    /**
     * Listening yet to be begun.
     *
     * @param events an open session, which is ended with it
     * @param wanted which of its events
     * @param output where they are printed
     * @param timed whether each with its time
     * @param expectations whether they are of expectations, otherwise of connections
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

    /** Runs to the end and says what it came to; the exit code. */
    int await() {
        int code = Failure.RUNNING;
        try (events) {
            output.begin(expectations);
            PollLoop.run(this, FLUSH_NANOS, 0);
            output.end(expectations);
            flush();
            code = 0;
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0; // it has seen enough
            }
            Messages.print("nfkit: " + e.getMessage());
        } catch (NetlinkException e) {
            Messages.print("nfkit: " + e.getMessage());
        }
        Messages.print(summary(shown, what, events.statistics()));
        return code;
    }

    /** What the listening came to; what was lost, and where. */
    static String summary(long shown, String what, ConntrackEventStatistics statistics) {
        StringBuilder text = new StringBuilder("nfkit conntrack: ");
        text.append(shown).append(' ').append(what).append(" have been shown; ");
        text.append(statistics.events()).append(" received, ");
        text.append(statistics.lost()).append(" lost");
        if (statistics.overruns() > 0) {
            text.append(" in ").append(statistics.overruns());
            text.append(statistics.overruns() == 1 ? " overrun" : " overruns");
        }
        if (statistics.malformed() + statistics.truncatedDatagrams() > 0) {
            text.append(", ").append(statistics.malformed() + statistics.truncatedDatagrams());
            text.append(" that could not be read");
        }
        return text.append('.').toString();
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
        output.event(event, timed ? now() : ConntrackPrinter.NO_TIME);
        if (!overrun) {
            shown++;
        }
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * SECOND + now.getNano();
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
        // Nothing is due at any time.
    }

    @Override
    public void stop() {
        events.stop();
    }
}
