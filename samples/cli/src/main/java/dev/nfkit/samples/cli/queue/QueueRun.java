// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.NetfilterSession;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.output.CounterLine;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.Outcome;
import dev.nfkit.samples.cli.run.PollLoop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Decides a session's packets until it ends. */
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
     * Creates a run that is not started yet.
     *
     * @param session an open session, which the run closes
     * @param judge decides packets
     * @param delays holds the packets that the judge delays
     * @param otherwise the verdict for packets after the last one wanted
     * @param text where packets are printed, or null
     * @param stop the limits at which the run ends
     * @param counter shows counts on the terminal
     * @param summary formats the summary
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

    /** Runs to the end, prints the summary, and returns the exit code. */
    int await() throws Failure {
        return Outcome.of(this::run, () -> summary.lines(session.statistics()).forEach(Messages::print));
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
    public NetfilterSession session() {
        return session;
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

    /** Answers delayed packets at once: a delay must not outlive the process. */
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
