package dev.nfkit.samples.cli;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Decides about a session's packets until it ends. */
final class QueueRun implements PollLoop.Work {
    private static final long FLUSH_NANOS = 100_000_000L;

    private final NfqueueSession session;
    private final Judge judge;
    private final Delays delays;
    private final Verdict otherwise;
    private final @Nullable TextOutput text;
    private final Criteria stop;
    private final CounterLine counter;
    private final QueueSummary summary;
    private final long mostPackets;

    /**
     * A run yet to be begun.
     *
     * @param session an open session, which the run ends
     * @param judge decides
     * @param delays what it delays
     * @param otherwise the verdict of those behind the last packet that is wanted
     * @param text where packets are printed, or null
     * @param stop when to end by itself
     * @param counter counts on the terminal
     * @param summary says what it came to
     */
    QueueRun(
            NfqueueSession session,
            Judge judge,
            Delays delays,
            Verdict otherwise,
            @Nullable TextOutput text,
            Criteria stop,
            CounterLine counter,
            QueueSummary summary) {
        this.session = session;
        this.judge = judge;
        this.delays = delays;
        this.otherwise = otherwise;
        this.text = text;
        this.stop = stop;
        this.counter = counter;
        this.summary = summary;
        mostPackets = stop.packets() == 0 ? Long.MAX_VALUE : stop.packets();
    }

    /** Runs to the end and says what it came to; the exit code. */
    int await() {
        int code = Failure.RUNNING;
        try {
            run();
            code = 0;
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0; // it has seen enough
            }
            Messages.print("nfkit: " + e.getMessage());
        } catch (NetlinkException e) {
            Messages.print("nfkit: " + e.getMessage());
        }
        summary.lines(session.statistics()).forEach(Messages::print);
        return code;
    }

    private void run() throws NetlinkException, WriteFailure {
        try (delays) {
            PollLoop.run(this, FLUSH_NANOS, stop.nanos());
        } finally {
            session.close();
            counter.end();
        }
        delays.check();
        flush();
    }

    @Override
    public int poll(Duration timeout) throws NetlinkException, WriteFailure {
        return session.poll(this::decide, timeout);
    }

    private Verdict decide(QueuedPacket packet) throws WriteFailure {
        if (judge.packets() >= mostPackets) {
            return otherwise;
        }
        Verdict verdict = judge.decide(packet);
        if (judge.packets() >= mostPackets) {
            stop();
        }
        return verdict;
    }

    /** Those that wait for their time go on at once: a delay must not outlive who delays. */
    @Override
    public void stop() {
        delays.release();
        session.stop();
    }

    @Override
    public boolean dirty() {
        return text != null && text.pending();
    }

    @Override
    public void flush() throws WriteFailure {
        if (text != null) {
            text.flush();
        }
    }

    @Override
    public void look(long now) {
        if (counter.due(now)) {
            counter.show(now, summary.counts(session.statistics()));
        }
    }
}
